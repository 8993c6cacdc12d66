"""What a computation costs by its operations: counted, not timed."""

import pytest
import torch

from genzoo.core.counted_operations import (
    COUNTED,
    ELEMENT,
    MULTIPLICATION,
    OPERATION,
    CountedOperations,
)


def test_examples_multiply_all_but_the_calls():
    x, weight = torch.ones(COUNTED, 3), torch.ones(3, 5)
    with CountedOperations() as operations:
        _ = x @ weight
    per_example = 5 * ELEMENT + 5 * 3 * MULTIPLICATION
    assert operations.seconds(7) == pytest.approx(OPERATION + 7 * per_example)
