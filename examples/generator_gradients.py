"""
Saturating or not
=================

How strongly each of the two generator losses pushes a sample, by what the discriminator says of it.
"""

import torch
from matplotlib.figure import Figure

from genzoo import figures
from genzoo.figures.style import drawing
from genzoo.losses.adversarial import minimax_generator_loss, non_saturating_generator_loss

logits = torch.linspace(-8, 8, 161, requires_grad=True)
d = torch.sigmoid(logits).detach()

losses = {"minimax": minimax_generator_loss, "non-saturating": non_saturating_generator_loss}
slopes = {}
for name, loss in losses.items():
    (slopes[name],) = torch.autograd.grad(loss(logits) * len(logits), logits)

# %%
# The gradients are -D and -(1 - D): same sign, never both small, and equal only where D is 1/2.

torch.testing.assert_close(slopes["minimax"], -d)
torch.testing.assert_close(slopes["non-saturating"], d - 1)

with drawing("light") as look:
    figure = Figure(figsize=(5.6, 3.0), layout="constrained")
    axes = figure.add_subplot()
    for (name, slope), colour in zip(slopes.items(), look.palette, strict=False):
        axes.plot(logits.detach(), -slope, color=colour, label=name)
    axes.axvspan(-8, -3, color=look.shades[0])
    note = "D is sure that\nthe sample is\ngenerated"
    axes.text(-5.5, 0.5, note, ha="center", va="center", color=look.muted)
    axes.set(xlim=(-8, 8), xlabel="logit of D at a sample")
    axes.set(ylim=(0, 1.05), ylabel="pull towards a higher logit")
    axes.legend(loc="center right")
    figures.save(figure, "generator_gradients")
