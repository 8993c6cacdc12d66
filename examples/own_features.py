"""Compare images on features of your own: a small network, the classifier of the digits, and plain pixels."""

import torch
from torch import Tensor, nn

import genzoo


class Edges(nn.Module):
    """Mean absolute response of four edge filters in each quarter of an image: (B, 1, 8, 8) -> (B, 16)."""

    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        sobel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
        diagonal = torch.tensor([[2.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.0, -1.0, -2.0]])
        self.register_buffer("filters", torch.stack([sobel, sobel.T, diagonal, diagonal.flip(1)])[:, None])

    def forward(self, x: Tensor) -> Tensor:
        responses = nn.functional.conv2d(x, self.filters, padding=1).abs()
        return nn.functional.adaptive_avg_pool2d(responses, 2).flatten(1)


def main() -> None:
    digits = genzoo.create_source("digits")
    generator = torch.Generator().manual_seed(0)
    images = digits.holdout.x
    blurred = nn.functional.avg_pool2d(images, 3, stride=1, padding=1)
    noisy = (images + 0.2 * torch.randn(images.shape, generator=generator)).clamp(0, 1)

    for name, samples in (("blurred", blurred), ("noisy", noisy), ("real", images)):
        for features in ("pixels", "classifier", Edges()):
            table = genzoo.evaluate(samples, digits, metrics="frechet", features=features, seeds=3, name=name)
            score = table.scores[0]
            print(f"{name:8} Fréchet distance {score.value:8.4f}   {score.estimator}")


if __name__ == "__main__":
    main()
