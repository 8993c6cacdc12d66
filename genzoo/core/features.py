"""Comparing examples by their features: a checked extractor, and a source seen through it."""

import copy
import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from genzoo.core.model import Batch
from genzoo.core.source import DataSource, FiniteSource, SplitSource, held_out_parts
from genzoo.errors import InputError

Extractor = Callable[[Tensor], Tensor]
"""Maps a batch `(B, *event_shape)` to features `(B, F)`."""
BLOCK = 1024
"""Examples whose features are computed at once."""
ALIKE = 1e-3
"""Relative difference up to which an example has the same features alone and among others."""


class Features:
    """A feature extractor, checked at every use.

    It computes in blocks and without gradients, and touches no state and no global randomness.

    Args:
        extractor: A function or torch module from a batch `(B, *event_shape)` in data units to
            features `(B, F)`. Of a module a copy is used, in evaluation mode, on the device and in
            the precision of its parameters.
        name: How results call the features; by default the name of the function or of the module's
            class.

    Raises:
        InputError: When it cannot be called or copied.
    """

    def __init__(self, extractor: Extractor, name: str | None = None) -> None:
        if not callable(extractor):
            raise InputError(
                "features must be a function or torch module from (B, *event_shape) to (B, F), "
                f"got {extractor!r}"
            )
        self.name = name or str(getattr(extractor, "__name__", type(extractor).__name__))
        self._like = torch.empty(0, dtype=torch.float32)
        if isinstance(extractor, nn.Module):
            extractor = self._copied(extractor)
            for parameter in extractor.parameters():
                if parameter.is_floating_point():
                    self._like = parameter.detach()
                    break
        self._extractor = extractor

    def _copied(self, module: nn.Module) -> nn.Module:
        try:
            return copy.deepcopy(module).eval()
        except Exception as error:
            sentence = f"features {self.name}: the module cannot be copied ({error})"
            raise InputError(sentence) from error

    def __call__(self, x: Tensor) -> Tensor:
        """Features `(B, F)` of examples `(B, *event_shape)`, on the CPU.

        They may hold NaN or infinity.

        Raises:
            InputError: When the extractor fails, gives anything but numbers `(B, F)`, or gives an
                example other features among other examples.
        """
        blocks = [self._block(block) for block in torch.split(x, BLOCK)]
        widths = sorted({block.shape[1] for block in blocks})
        if len(widths) > 1:
            raise InputError(
                f"features {self.name} gave {widths} columns for batches of different size: "
                "give one number"
            )
        if len(x) > 1:
            self._check_alone(x, blocks[0])
        return torch.cat(blocks)

    def _check_alone(self, x: Tensor, together: Tensor) -> None:
        """Refuse features of the first example that differ from those it has among others."""
        alone = self._block(x[:1], seed=1)
        difference = (alone - together[:1]).abs()
        if bool((difference > ALIKE * together.abs().amax()).any()):
            raise InputError(
                f"features {self.name} of an example depend on the other examples of its batch or "
                "on chance: put modules in evaluation mode and leave out dropout and batch "
                "statistics"
            )

    def _block(self, x: Tensor, seed: int = 0) -> Tensor:
        try:
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.default_generator.manual_seed(seed)
                values: Any = self._extractor(x.detach().clone().to(self._like))
        except Exception as error:
            raise InputError(
                f"features {self.name} failed on a batch of shape {tuple(x.shape)}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(values, Tensor):
            got = type(values).__name__
            raise InputError(f"features {self.name} must give a tensor ({len(x)}, F), got {got}")
        rows = values.ndim == 2 and len(values) == len(x) and values.shape[1] > 0
        if not rows or values.is_complex():
            raise InputError(
                f"features {self.name} must give real numbers of shape ({len(x)}, F) "
                f"for a batch of {len(x)}, got {tuple(values.shape)} of {values.dtype}: "
                "flatten or pool each example to one row"
            )
        return values.detach().cpu().to(torch.float64)


def seen_through(source: DataSource, features: Features) -> DataSource:
    """The source of the features of a source's examples.

    It gives samples with their conditions, and nothing else that is known of the source.

    Raises:
        InputError: When the features fail on examples of the source, or are not finite.
    """
    if isinstance(source, FiniteSource):
        return FiniteFeatures(source, features)
    if isinstance(source, SplitSource):
        return SplitFeatures(source, features)
    return DrawnFeatures(source, features)


def real_features(features: Features, x: Tensor) -> Tensor:
    """Features of real examples.

    Raises:
        InputError: As `Features`, and when some are NaN or infinite.
    """
    values = features(x)
    bad = int((~torch.isfinite(values)).any(dim=1).sum())
    if bad:
        raise InputError(
            f"features {features.name} must be finite, "
            f"got NaN or infinity for {bad} of {len(x)} real examples"
        )
    return values


class DrawnFeatures(DataSource):
    """Features of fresh draws."""

    def __init__(self, source: DataSource, features: Features) -> None:
        self._source, self._features = source, features
        self.context_spec = source.context_spec
        first = self.sample(2, generator=torch.Generator().manual_seed(0))
        self.event_shape = tuple(first.x.shape[1:])

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Features of n draws, `(n, F)`."""
        return _seen(self._source.sample(n, generator=generator), self._features)


class SplitFeatures(SplitSource):
    """Features of the draws of a split source."""

    def __init__(self, source: SplitSource, features: Features) -> None:
        self._source, self._features = source, features
        self._drawn = DrawnFeatures(source, features)
        self.event_shape = self._drawn.event_shape
        self.context_spec = source.context_spec

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Features of n draws, `(n, F)`."""
        return self._drawn.sample(n, generator=generator)

    def held_out(self, n: int, *, generator: torch.Generator) -> tuple[Batch, Batch]:
        """Features of two samples made of different held-out parts."""
        first, second = held_out_parts(self._source, n, generator=generator)
        return _seen(first, self._features), _seen(second, self._features)


class FiniteFeatures(FiniteSource):
    """Features of the rows of a finite source."""

    def __init__(self, source: FiniteSource, features: Features) -> None:
        self._source, self._features = source, features
        self.event_shape = (real_features(features, source.holdout.x[:2]).shape[1],)
        self.context_spec = source.context_spec

    @property
    def train(self) -> Batch:
        """Features of the training rows."""
        return self._train_features

    @property
    def holdout(self) -> Batch:
        """Features of the held-out rows."""
        return _seen(self._source.holdout, self._features)

    @functools.cached_property
    def _train_features(self) -> Batch:
        return _seen(self._source.train, self._features)


def _seen(rows: Batch, features: Features) -> Batch:
    """The features of real examples, with their conditions."""
    return Batch(real_features(features, rows.x), rows.context)
