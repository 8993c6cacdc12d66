"""
Weights instead of a solver
===========================

Pairs of noise and data that count the more, the closer they are: what the width of the kernel
gains, and what it costs.

Noise is N(0, 1) and data are N(2, .5^2), so that weighted pairs are normal too, and all is known.
"""

import torch
from matplotlib.figure import Figure

from genzoo import figures
from genzoo.figures.style import drawing

MEAN, DEVIATION = 2.0, 0.5


def weighted(width):
    """Mean and covariance of (x_0, x_1), weighted by exp(-(x_1 - x_0)^2 / (2 width^2)).

    Logarithms of Gaussians add up, and with them precisions.
    """
    kernel = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]) / width**2
    covariance = torch.linalg.inv(torch.diag(torch.tensor([1.0, DEVIATION**-2])) + kernel)
    return covariance @ torch.tensor([0.0, MEAN / DEVIATION**2]), covariance


# %%
# The flow takes the weighted noise to the weighted data, along a line. But samples start from noise
# as it is, so their law is neither the data's nor that of the weighted data.

widths = torch.logspace(-1, 1.5, 60)
lengths, means, deviations = [], [], []
for width in widths:
    mean, covariance = weighted(width)
    apart = mean[1] - mean[0]
    spread = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    lengths.append(float(apart**2 + spread))
    slope = torch.sqrt(covariance[1, 1] / covariance[0, 0])
    means.append(float(mean[1] - slope * mean[0]))
    deviations.append(float(slope))

print("width   mean   deviation   squared length of a line")
for k in range(0, 60, 8):
    print(f"{float(widths[k]):5.2f}  {means[k]:5.2f}  {deviations[k]:9.2f}  {lengths[k]:12.2f}")

# %%

independent = MEAN**2 + 1 + DEVIATION**2
optimal = MEAN**2 + (1 - DEVIATION) ** 2
with drawing("light") as look:
    figure = Figure(figsize=(8.4, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    colour, other = look.palette[:2]
    left.plot(widths, lengths, color=colour)
    for value, name in ((independent, "independent pairs"), (optimal, "optimal transport")):
        left.axhline(value, color=look.target, linestyle=":")
        left.text(0.1, value, name, va="bottom", color=look.muted)
    left.set(title="mean squared length of a line", xlabel="kernel width", ylim=(0, 6))
    for values, truth, name, shade in (
        (means, MEAN, "mean", colour),
        (deviations, DEVIATION, "standard deviation", other),
    ):
        right.plot(widths, values, color=shade, label=name)
        right.axhline(truth, color=look.target, linestyle=":")
    right.set(title="law of samples; dotted: of data", xlabel="kernel width", ylim=(0, 2.5))
    right.legend(loc="center right")
    for axes in (left, right):
        axes.set_xscale("log")
    figures.save(figure, "kernel_width")
