"""What a data source is: something to draw examples from, and whatever truth is known about it."""

import abc
from typing import final

import torch
from torch import Tensor

from genzoo.core.capabilities import Capability
from genzoo.core.event import EventSpace
from genzoo.core.model import Batch


class DataSource(EventSpace, abc.ABC):
    """A distribution to learn, in data units.

    Attributes:
        recommended_standardisation: `"scalar"` keeps distances and shapes; `"column"` suits tables,
            whose columns carry different units.
        column_names: The names that the columns of a table came with; empty where there are none.
        has_edges: Whether its density falls to 0 at once somewhere.
    """

    recommended_standardisation: str = "scalar"
    column_names: tuple[str, ...] = ()
    has_edges: bool = False

    @abc.abstractmethod
    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw n examples, float32 `(n, *event_shape)`.

        A source with a `context_spec` gives their conditions `(n, C)` with them, and so do its
        training and held-out rows.

        A finite source draws from its training rows, with replacement.
        """


class FiniteSource(DataSource):
    """A source that is a finite table, split once into training rows and held-out rows."""

    @property
    @abc.abstractmethod
    def train(self) -> Batch:
        """The rows that models may see."""

    @property
    @abc.abstractmethod
    def holdout(self) -> Batch:
        """The rows kept for scores; disjoint from `train`."""

    @final
    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw n training rows with replacement."""
        return draw_rows(self.train, n, generator=generator)


class SplitSource(DataSource):
    """An endless source whose examples are made of finitely many parts, split once.

    `sample` uses training parts.
    """

    @abc.abstractmethod
    def held_out(self, n: int, *, generator: torch.Generator) -> tuple[Batch, Batch]:
        """Two samples of the truth `(n, *event_shape)`, made of different held-out parts.

        Each comes as a `Batch`, with conditions where the source has any.
        """


class Modes(abc.ABC):
    """The parts of a distribution that a model may miss.

    Attributes:
        weights: `(K,)` float64, sums to 1.
        names: K names for tables and pictures.
        rejects: Whether `assign` tells examples that belong to no mode from those that do.
    """

    weights: Tensor
    names: tuple[str, ...]
    rejects: bool = False

    @abc.abstractmethod
    def assign(self, x: Tensor) -> Tensor:
        """The mode index of each example, `(B,)` int64; -1 where it belongs to none."""

    def __len__(self) -> int:
        return len(self.weights)


class GaussianModes(Modes):
    """Gaussian modes N(locations[k], covariances[k]).

    An example belongs to the nearest mode, in Mahalanobis distance.

    Args:
        weights: The share of each mode, `(K,)`.
        locations: The mean of each mode, `(K, D)`, in data units.
        covariances: The covariance of each mode, `(K, D, D)`, positive definite.
        names: The name of each mode; by default "mode 0", "mode 1", ...
    """

    def __init__(
        self,
        weights: Tensor,
        locations: Tensor,
        covariances: Tensor,
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.weights = weights.to(torch.float64)
        self.locations = locations.to(torch.float64)
        self.covariances = covariances.to(torch.float64)
        self.names = names or tuple(f"mode {k}" for k in range(len(weights)))
        self._whitening = torch.linalg.inv(torch.linalg.cholesky(self.covariances))

    def distances(self, x: Tensor) -> Tensor:
        """Mahalanobis distance of each example to each mode, `(B, K)` float64."""
        x = x.to(torch.float64).flatten(1)
        columns = []
        for location, whitening in zip(self.locations, self._whitening, strict=True):
            white = (x - location) @ whitening.T
            columns.append(torch.linalg.vector_norm(white, dim=1))
        return torch.stack(columns, dim=1)

    def assign(self, x: Tensor) -> Tensor:
        """The nearest mode of each example, `(B,)`."""
        return self.distances(x).argmin(dim=1)


class SupportsModes(Capability):
    """A source that knows its modes."""

    absence = "no known modes"

    @abc.abstractmethod
    def modes(self) -> Modes:
        """The modes, with their weights."""


class SupportsModeSampling(Capability):
    """A source that can draw from one of its modes.

    For sources where picking the draws of a mode out of ordinary draws would take long.
    """

    absence = "no draws by mode"

    @abc.abstractmethod
    def sample_mode(self, mode: int, n: int, *, generator: torch.Generator) -> Batch:
        """Draw n examples of a mode, as `sample` would give them."""


class SupportsFeatures(Capability):
    """A source with features of its own on which samples can be compared.

    Such are the scores of a classifier.
    """

    absence = "no features of its own"

    @abc.abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """Features `(B, F)` of examples `(B, *event_shape)`."""


class SupportsLabels(Capability):
    """A source that tells by an example which class of each of its labels it belongs to.

    By it samples are held against the conditions that they were asked for with.
    """

    absence = "no way to tell a label"

    @abc.abstractmethod
    def labels_of(self, x: Tensor) -> Tensor:
        """The class of examples `(B, *event_shape)` by each label, `(B, labels)` int64.

        -1 where an example belongs to none. Labels are those of `context_spec`, in its order.
        """


class SupportsParameter(Capability):
    """A source whose examples form a family with one real parameter of known law: curves."""

    absence = "no curve parameter"
    parameter_name: str
    parameter_mean: float
    parameter_sd: float

    @abc.abstractmethod
    def fit_parameter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The least-squares parameter and what remains off the family, float64.

        Returns:
            The parameter `(B,)`, and the root mean square of the residual `(B,)`, in data units.
        """

    @abc.abstractmethod
    def parameter_cdf(self, value: Tensor) -> Tensor:
        """The true distribution function of the parameter."""


def has_training_rows(source: DataSource) -> bool:
    """Whether models learn from a finite table of rows, which they may copy."""
    return isinstance(source, FiniteSource)


def is_a_table(source: DataSource) -> bool:
    """Whether models learn from rows whose columns carry units of their own."""
    return isinstance(source, FiniteSource) and source.recommended_standardisation == "column"


def is_unstructured(source: DataSource) -> bool:
    """Whether it has neither known modes nor a curve parameter that show what a model covers."""
    return not isinstance(source, SupportsModes | SupportsParameter)


def draw_rows(rows: Batch, n: int, *, generator: torch.Generator) -> Batch:
    """Draw n rows of a batch with replacement."""
    return take_rows(rows, draw_places(rows, n, generator=generator))


def draw_places(rows: Batch, n: int, *, generator: torch.Generator) -> Tensor:
    """Where the rows stand that `draw_rows` takes, `(n,)`."""
    return torch.randint(rows.x.shape[0], (n,), generator=generator)


def take_rows(rows: Batch, index: Tensor | slice | int) -> Batch:
    """The rows of a batch at these places, with their conditions."""
    context = None if rows.context is None else rows.context[index]
    return Batch(rows.x[index], context)


def training_examples(source: DataSource, n: int, *, generator: torch.Generator) -> Batch:
    """All training rows of a finite source, or n fresh draws of an endless one."""
    if isinstance(source, FiniteSource):
        return source.train
    return source.sample(n, generator=generator)


def real_size(source: DataSource, n: int) -> int:
    """How many of n examples `real_sample` gives.

    Of a finite source, half of the held-out rows at most.
    """
    if not isinstance(source, FiniteSource):
        return n
    half = len(source.holdout.x) // 2
    return min(n, max(half, 1))


def real_sample(source: DataSource, n: int, *, generator: torch.Generator) -> tuple[Batch, Batch]:
    """Two disjoint samples of the truth: the one that models are held against, and the oracle's.

    Args:
        source: Where the samples come from.
        n: Examples in each sample. A finite source gives a random half of its held-out rows to
            each, and no more. A split source gives examples made of held-out parts.
        generator: Source of the draws: one per seed index, so that intervals over seeds include
            the variation of the real sample.

    Returns:
        The reference and the oracle's sample, `(n, *event_shape)`, with their conditions. Of a
        source without a `context_spec` nobody knows what those mean: they are left out.
    """
    first, second = _disjoint_samples(source, n, generator=generator)
    if source.context_spec is None:
        return Batch(first.x), Batch(second.x)
    return first, second


def _disjoint_samples(
    source: DataSource, n: int, *, generator: torch.Generator
) -> tuple[Batch, Batch]:
    if isinstance(source, FiniteSource):
        rows = source.holdout
        order = torch.randperm(rows.x.shape[0], generator=generator)
        size = real_size(source, n)
        return take_rows(rows, order[:size]), take_rows(rows, order[-size:])
    if isinstance(source, SplitSource):
        return held_out_parts(source, n, generator=generator)
    both = source.sample(2 * n, generator=generator)
    return take_rows(both, slice(n)), take_rows(both, slice(n, None))


def held_out_parts(
    source: SplitSource, n: int, *, generator: torch.Generator
) -> tuple[Batch, Batch]:
    """What `SplitSource.held_out` gives, where it gives examples alone too."""
    first, second = source.held_out(n, generator=generator)
    return _as_batch(first), _as_batch(second)


def _as_batch(examples: Batch | Tensor) -> Batch:
    """Examples as a batch; a source that knows no conditions may give them alone."""
    if isinstance(examples, Tensor):
        return Batch(examples)
    return examples
