"""Every objective of the catalogue passes every check of the kit."""

from genzoo.losses.catalogue import OBJECTIVES
from genzoo.losses.margin import LeastSquares
from genzoo.testing import parametrize_with_checks

SUBJECTS = {**OBJECTIVES, "least_squares-1-1-0": LeastSquares(a=-1, b=1, c=0)}


@parametrize_with_checks(SUBJECTS)
def test_objective(check):
    check()


def test_the_catalogue_is_not_empty():
    assert len(OBJECTIVES) >= 19
