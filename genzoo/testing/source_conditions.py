"""Checks of the conditions that a source gives with its examples; a source without passes."""

import warnings

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, OutsideRange, one_hot
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import (
    DataSource,
    FiniteSource,
    SplitSource,
    SupportsLabels,
    SupportsModeSampling,
    held_out_parts,
)
from genzoo.errors import InputError
from genzoo.testing.support import (
    LARGE,
    CheckError,
    draw,
    require,
    require_equal,
    require_input_error,
)

ROWS = 2000
"""Examples whose labels and densities are computed."""
FEW = 20
"""Classes up to which a density is summed over them."""


def check_source_conditions(source: DataSource) -> None:
    """Every example comes with a condition that fits the source's `context_spec`, or none does.

    So do training and held-out rows, and draws of one mode. The numbers of training draws lie
    within their ranges, and the generator's state decides conditions too.
    """
    for name, batch in _batches(source).items():
        _check_fits(source.context_spec, batch, name)
    spec = source.context_spec
    if spec is None:
        return
    first, again = _context_of(draw(source, 50)), _context_of(draw(source, 50))
    require_equal(again, first, "the conditions of two samples from one generator state")
    with warnings.catch_warnings():
        warnings.simplefilter("error", OutsideRange)
        try:
            spec.check(_context_of(draw(source, ROWS)), ROWS)
        except OutsideRange as warning:
            raise CheckError(f"of {ROWS} draws, {warning}") from warning


def check_source_labels(source: DataSource) -> None:
    """`labels_of` tells more of a source's own examples than guessing, by each label."""
    spec = source.context_spec
    if spec is None or not isinstance(source, SupportsLabels):
        return
    batch = draw(source, ROWS)
    told, given = source.labels_of(batch.x), spec.labels(_context_of(batch))
    shape, expected = tuple(told.shape), (ROWS, len(spec.categories))
    fits = shape == expected and told.dtype == torch.int64
    require(fits, f"labels_of gave {told.dtype} {shape}, expected int64 {expected}")
    for k, label in enumerate(spec.categories):
        _check_label(label, told[:, k], given[:, k])


def check_source_density_given(source: DataSource) -> None:
    """The density given conditions is finite at own draws, and beyond the density without them.

    In the mean over draws, log p(x | c) - log p(x) is a mutual information, which is above 0. With
    a single label of few classes, the sum of p(c) p(x | c) is p(x), with the shares of the classes.
    """
    spec = source.context_spec
    if spec is None or not isinstance(source, SupportsLogProb):
        return
    batch = draw(source, ROWS)
    x, context = batch.x, _context_of(batch)
    value, marginal = source.log_prob(x, context), source.log_prob(x)
    shape = tuple(value.shape)
    require(shape == (ROWS,), f"log_prob given conditions has shape {shape}, expected ({ROWS},)")
    finite = bool(torch.isfinite(value).all())
    require(finite, "log_prob is not finite at the source's own draws, given their conditions")
    gain = value - marginal
    error = float(gain.std()) / ROWS**0.5
    mean = float(gain.mean())
    require(
        mean > -5 * error and not torch.equal(value, marginal),
        f"log_prob given conditions is {mean:.3g} nats above log_prob without, expected more than "
        "0: it must use them",
    )
    log_prob = source.log_prob
    require_input_error(
        lambda: log_prob(x, context[:, :-1]), "log_prob with a column of the context missing"
    )
    if len(spec.fields) == 1 and isinstance(spec.fields[0], Category) and spec.width <= FEW:
        shares = _context_of(draw(source, LARGE)).double().mean(dim=0)
        _check_sum(source, x[:100], marginal[:100], shares)


def _batches(source: DataSource) -> dict[str, Batch]:
    """Examples from every door of a source, by its name."""
    batches = {"sample(1)": draw(source, 1), "sample(300)": draw(source, 300)}
    generator = stream(0, "check", "conditions")
    if isinstance(source, FiniteSource):
        batches |= {"train": source.train, "holdout": source.holdout}
    if isinstance(source, SplitSource):
        first, second = held_out_parts(source, 100, generator=generator)
        batches |= {"held_out": first, "the second of held_out": second}
    if isinstance(source, SupportsModeSampling):
        batches["sample_mode"] = source.sample_mode(0, 100, generator=generator)
    return batches


def _check_fits(spec: ContextSpec | None, batch: Batch, name: str) -> None:
    context = batch.context
    if spec is None:
        require(context is None, f"{name} gave conditions, but context_spec is None: set it")
        return
    if context is None:
        raise CheckError(f"{name} gave no conditions, expected those of context_spec: {spec}")
    is_single = context.dtype == torch.float32
    require(is_single, f"{name} gave conditions of {context.dtype}, expected torch.float32")
    with warnings.catch_warnings():
        # Held-out numbers may lie outside the range of the training rows.
        warnings.simplefilter("ignore", OutsideRange)
        try:
            spec.check(context, len(batch.x))
        except InputError as error:
            raise CheckError(f"{name} gave conditions that do not fit: {error}") from error


def _check_label(label: Category, told: Tensor, given: Tensor) -> None:
    inside = bool(((told >= -1) & (told < label.width)).all())
    require(inside, f"labels_of must give -1 ... {label.width - 1} for {label.name}")
    shares: list[float] = []
    doubt = 0.0
    for k in torch.unique(given).tolist():
        rows = told[given == k]
        shares.append(float((rows == k).double().mean()))
        doubt += 0.25 / len(rows)
    share, chance = sum(shares) / len(shares), 1 / len(shares)
    needed = chance + 5 * doubt**0.5 / len(shares)
    require(
        share >= needed,
        f"labels_of tells {share:.1%} of {label.name} right, averaged over classes, expected at "
        f"least {needed:.1%}: guessing tells {chance:.1%}",
    )


def _check_sum(source: SupportsLogProb, x: Tensor, marginal: Tensor, shares: Tensor) -> None:
    """Require sum_c p(c) p(x | c) = p(x), within the relative error of counted shares."""
    parts: list[Tensor] = []
    for k, share in enumerate(shares):
        context = one_hot(torch.full((len(x),), k), len(shares))
        parts.append(source.log_prob(x, context) + share.log())
    gap = float((torch.stack(parts).logsumexp(dim=0) - marginal).abs().max())
    errors = ((1 - shares) / (shares * LARGE)).sqrt()
    allowed = 5 * float(errors.max()) + 1e-3
    require(
        gap <= allowed,
        f"log sum_c p(c) p(x | c) is up to {gap:.3g} nats away from log p(x), expected at most "
        f"{allowed:.2g}",
    )


def _context_of(batch: Batch) -> Tensor:
    if batch.context is None:
        raise CheckError("sample gave no conditions, expected those of context_spec")
    return batch.context
