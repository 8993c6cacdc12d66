"""The checks that everything registered passes, for authors to run on what they wrote.

>>> from genzoo.testing import check_source
>>> from genzoo.testing.specimens import ThreeModes
>>> check_source(ThreeModes())

`parametrize_with_checks` makes a test of each of them. Here are checks and small specimens; what a
check is held against (a density, a mean) is computed here, never read from a metric.
"""

from genzoo.testing.parametrize import parametrize_with_checks
from genzoo.testing.suites import (
    METRIC_CHECKS,
    MODEL_CHECKS,
    OBJECTIVE_CHECKS,
    SOURCE_CHECKS,
    check_metric,
    check_model,
    check_objective,
    check_source,
)
from genzoo.testing.support import CheckError

__all__ = [
    "METRIC_CHECKS",
    "MODEL_CHECKS",
    "OBJECTIVE_CHECKS",
    "SOURCE_CHECKS",
    "CheckError",
    "check_metric",
    "check_model",
    "check_objective",
    "check_source",
    "parametrize_with_checks",
]
