"""Small images that scikit-learn ships."""

import torch

from genzoo.data.arrays import ArraySource
from genzoo.data.registry import register_source


@register_source("digits")
def digits(*, holdout: float = 1 / 3, split_seed: int = 0) -> ArraySource:
    """Handwritten digits, 1797 grey images of 8 x 8 pixels from scikit-learn, values in [0, 1].

    The context is the class, one-hot `(n, 10)` (Alpaydin and Kaynak 1998; UCI).

    Args:
        holdout: Share of the images kept for scores.
        split_seed: Fixes which images.

    Raises:
        InputError: When an option is out of range.
    """
    from sklearn.datasets import load_digits  # takes a second to import

    images, labels = load_digits(return_X_y=True)
    context = torch.nn.functional.one_hot(torch.from_numpy(labels).to(torch.int64), 10).to(torch.float32)
    rows = images.reshape(-1, 1, 8, 8) / 16
    return ArraySource(rows, name="digits", holdout=holdout, split_seed=split_seed, context=context)
