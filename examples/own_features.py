"""
Features of your own
====================

The same images compared on plain pixels, on the classifier of the digits, and on a small network of
your own: what counts as close is your choice."""

import torch
from torch import Tensor, nn

import genzoo
from genzoo import figures


class Edges(nn.Module):
    """Mean absolute response of four edge filters in each quarter of an image.

    Maps (B, 1, 8, 8) to (B, 16).
    """

    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        sobel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
        diagonal = torch.tensor([[2.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.0, -1.0, -2.0]])
        filters = torch.stack([sobel, sobel.T, diagonal, diagonal.flip(1)])
        self.register_buffer("filters", filters[:, None])

    def forward(self, x: Tensor) -> Tensor:
        responses = nn.functional.conv2d(x, self.filters, padding=1).abs()
        return nn.functional.adaptive_avg_pool2d(responses, 2).flatten(1)


# %%

digits = genzoo.create_source(
    "digits", holdout=0.5
)  # a Fréchet distance needs five rows for each column
generator = torch.Generator().manual_seed(0)
images = digits.holdout.x
altered = {
    "blurred": nn.functional.avg_pool2d(images, 3, stride=1, padding=1),
    "noisy": (images + 0.2 * torch.randn(images.shape, generator=generator)).clamp(0, 1),
}
figures.save(
    figures.image_grid(altered, truth=images, columns=6, title="Digits, altered"), "own_features"
)

# %%

for name, samples in {**altered, "real": images}.items():
    for features in ("pixels", "classifier", Edges()):
        table = genzoo.evaluate(
            samples, digits, metrics="frechet", features=features, seeds=3, name=name
        )
        score = table.scores[0]
        print(f"{name:8} Fréchet distance {score.value:8.4f}   {score.estimator}")
