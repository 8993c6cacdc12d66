"""Comparing examples by features of them: a checked extractor, and a source seen through it."""

import copy
import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from genzoo.core.model import Batch
from genzoo.core.source import DataSource, FiniteSource, SplitSource
from genzoo.errors import InputError

Extractor = Callable[[Tensor], Tensor]
"""Maps a batch `(B, *event_shape)` to features `(B, F)`."""
BLOCK = 1024
ALIKE = 1e-3
"""Relative difference up to which an example has the same features alone and among others."""


class Features:
    """A feature extractor, checked at every use: no gradient, in blocks, no state or global randomness touched.

    Args:
        extractor: A function or torch module from a batch `(B, *event_shape)` in data units to `(B,
            F)`. Of a module a copy is used, in evaluation mode, on the device and in the precision
            of its parameters.
        name: What results call them; by default the name of the function or of the module's class.

    Raises:
        InputError: When it cannot be called or copied.
    """

    def __init__(self, extractor: Extractor, name: str | None = None) -> None:
        if not callable(extractor):
            raise InputError(
                f"features must be a function or torch module from (B, *event_shape) to (B, F), got {extractor!r}"
            )
        self.name = name or str(getattr(extractor, "__name__", type(extractor).__name__))
        self._like = torch.empty(0, dtype=torch.float32)
        if isinstance(extractor, nn.Module):
            try:
                extractor = copy.deepcopy(extractor).eval()
            except Exception as error:
                raise InputError(
                    f"features {self.name}: the module cannot be copied ({error})"
                ) from error
            self._like = next(
                (p for p in extractor.parameters() if p.is_floating_point()), self._like
            ).detach()
        self._extractor = extractor

    def __call__(self, x: Tensor) -> Tensor:
        """Features `(B, F)` of examples `(B, *event_shape)`, on the CPU; they may hold NaN or infinity.

        Raises:
            InputError: When the extractor fails, gives anything but numbers `(B, F)`, or gives an
                example other features among other examples.
        """
        blocks = [self._block(block) for block in torch.split(x, BLOCK)]
        widths = sorted({block.shape[1] for block in blocks})
        if len(widths) > 1:
            raise InputError(
                f"features {self.name} gave {widths} columns for batches of different size: give one number"
            )
        if len(x) > 1:
            alone, together = self._block(x[:1], seed=1), blocks[0][:1]
            scale = blocks[0].abs().amax()
            if bool(((alone - together).abs() > ALIKE * scale).any()):
                raise InputError(
                    f"features {self.name} of an example depend on the other examples of its batch or on chance: put "
                    "modules in evaluation mode and leave out dropout and batch statistics"
                )
        return torch.cat(blocks)

    def _block(self, x: Tensor, seed: int = 0) -> Tensor:
        try:
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(seed)
                found: Any = self._extractor(x.detach().clone().to(self._like))
        except Exception as error:
            raise InputError(
                f"features {self.name} failed on a batch of shape {tuple(x.shape)}: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(found, Tensor):
            raise InputError(
                f"features {self.name} must give a tensor ({len(x)}, F), got {type(found).__name__}"
            )
        if found.ndim != 2 or len(found) != len(x) or found.shape[1] == 0 or found.is_complex():
            raise InputError(
                f"features {self.name} must give real numbers of shape ({len(x)}, F) for a batch of {len(x)}, got "
                f"{tuple(found.shape)} of {found.dtype}: flatten or pool each example to one row"
            )
        return found.detach().cpu().to(torch.float64)


def seen_through(source: DataSource, features: Features) -> DataSource:
    """The source of the features of a source's examples: samples only, whatever is known of the source itself.

    Raises:
        InputError: When the features fail on examples of the source, or are not finite.
    """
    if isinstance(source, FiniteSource):
        return FiniteFeatures(source, features)
    return (
        SplitFeatures(source, features)
        if isinstance(source, SplitSource)
        else DrawnFeatures(source, features)
    )


def real_features(features: Features, x: Tensor) -> Tensor:
    """Features of real examples.

    Raises:
        InputError: As `Features`, and when some are NaN or infinite.
    """
    found = features(x)
    bad = int((~torch.isfinite(found)).any(dim=1).sum())
    if bad:
        raise InputError(
            f"features {features.name} must be finite, got NaN or infinity for {bad} of {len(x)} real examples"
        )
    return found


class DrawnFeatures(DataSource):
    """Features of fresh draws."""

    def __init__(self, source: DataSource, features: Features) -> None:
        self._source, self._features = source, features
        generator = torch.Generator().manual_seed(0)
        self.event_shape = (
            real_features(features, source.sample(2, generator=generator).x).shape[1],
        )

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Features of n draws, `(n, F)`."""
        return Batch(real_features(self._features, self._source.sample(n, generator=generator).x))


class SplitFeatures(SplitSource):
    """Features of the draws of a split source."""

    def __init__(self, source: SplitSource, features: Features) -> None:
        self._source, self._features = source, features
        self._drawn = DrawnFeatures(source, features)
        self.event_shape = self._drawn.event_shape

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Features of n draws, `(n, F)`."""
        return self._drawn.sample(n, generator=generator)

    def held_out(self, n: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Features of two samples made of different held-out parts."""
        first, second = self._source.held_out(n, generator=generator)
        return real_features(self._features, first), real_features(self._features, second)


class FiniteFeatures(FiniteSource):
    """Features of the rows of a finite source."""

    def __init__(self, source: FiniteSource, features: Features) -> None:
        self._source, self._features = source, features
        self.event_shape = (real_features(features, source.holdout.x[:2]).shape[1],)

    @property
    def train(self) -> Batch:
        """Features of the training rows."""
        return self._train_features

    @property
    def holdout(self) -> Batch:
        """Features of the held-out rows."""
        return Batch(
            real_features(self._features, self._source.holdout.x), self._source.holdout.context
        )

    @functools.cached_property
    def _train_features(self) -> Batch:
        return Batch(
            real_features(self._features, self._source.train.x), self._source.train.context
        )
