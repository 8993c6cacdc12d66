"""The checks that everything registered passes, for authors to run on their own model, source or metric.

>>> from genzoo.testing import check_source
>>> from genzoo.testing.specimens import ThreeModes
>>> check_source(ThreeModes())
"""

from genzoo.testing.suites import (
    METRIC_CHECKS,
    MODEL_CHECKS,
    SOURCE_CHECKS,
    check_metric,
    check_model,
    check_source,
)
from genzoo.testing.support import CheckError

__all__ = [
    "METRIC_CHECKS",
    "MODEL_CHECKS",
    "SOURCE_CHECKS",
    "CheckError",
    "check_metric",
    "check_model",
    "check_source",
]
