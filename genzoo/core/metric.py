"""What a metric is: a number with its error, from evidence, or the reason why there is none."""

import abc
import dataclasses
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar, final

import torch
from torch import Tensor

from genzoo.core.capabilities import Capability
from genzoo.core.context import checked_context
from genzoo.core.event import check_examples
from genzoo.core.features import Features, real_features, seen_through
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import DataSource

T = TypeVar("T")
Panel = Literal["quick", "standard", "full"]
PANELS: tuple[Panel, ...] = ("quick", "standard", "full")
Question = Literal["", "closest", "good", "covering", "copying"]
QUESTIONS: tuple[Question, ...] = ("", "closest", "good", "covering", "copying")


@dataclass(frozen=True)
class Estimate:
    """A value and how far it can be trusted.

    Attributes:
        value: The number, or None when it is not applicable.
        standard_error: Its standard deviation over repetitions of the sampling, at a fixed model.
        n: The number of generated examples used.
        estimator: Which estimator was chosen, in a few words.
        bound: Whether the value is a bound on the quantity rather than the quantity.
        null: What a perfect model gets on average at this n, where known in closed form.
        ceiling: The value of the truth itself, where known exactly.
        reason: Why there is no value.
    """

    value: float | None
    standard_error: float | None = None
    n: int = 0
    estimator: str = ""
    bound: Literal["none", "lower", "upper"] = "none"
    null: float | None = None
    ceiling: float | None = None
    reason: str = ""

    @classmethod
    def absent(cls, reason: str) -> "Estimate":
        """No value, and why."""
        return cls(value=None, reason=reason)


@dataclass
class Evidence:
    """What a metric may look at, with a cache for what metrics share.

    Attributes:
        samples: Generated examples `(n, *event_shape)` in data units.
        reference: Real examples that no model was trained on `(m, *event_shape)`.
        source: The data source.
        model: The trained model, or None where only samples are known.
        seed: Names the random streams of estimators that draw.
        features: What metrics that compare samples alone look at instead of the examples; None for
            the examples themselves.
        every: All rows of an outside sample, of which `samples` are some; None where `samples` are
            all of them.
        sample_context: The conditions `(n, C)` that the generated examples were asked for with, as
            `source.context_spec` says; None where they were made without.
        reference_context: The conditions `(m, C)` that the real examples came with, or None.
        real_facts: What `about_real` has computed; given to the evidence of every row that is held
            against this real sample of this source at this seed.
    """

    samples: Tensor
    reference: Tensor
    source: DataSource
    model: GenerativeModel | None = None
    seed: int = 0
    features: Features | None = None
    every: Tensor | None = None
    sample_context: Tensor | None = None
    reference_context: Tensor | None = None
    real_facts: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _cache: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        shape = self.source.event_shape
        self.samples = check_examples(self.samples, shape, what="samples")
        self.reference = check_examples(self.reference, shape, what="the reference")
        if self.every is not None:
            self.every = check_examples(self.every, shape, what="the outside sample")
        self.sample_context = self._checked(self.sample_context, len(self.samples))
        self.reference_context = self._checked(self.reference_context, len(self.reference))

    @property
    def all_samples(self) -> Tensor:
        """All generated examples that there are: those of an outside sample, or `samples`."""
        if self.every is None:
            return self.samples
        return self.every

    def shared(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of `compute()`, computed once per key."""
        return _computed_once(self._cache, key, compute)

    def about_real(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of `compute()`, once per key for all rows held against this real sample.

        It may look at the reference, the source, the features, the seed and the number of samples,
        at nothing else of them; what it gives must not be changed.
        """
        return _computed_once(self.real_facts, (key, len(self.samples)), compute)

    def on_features(self) -> "Evidence | str":
        """The evidence as its features show it, without the model.

        Where features of the generated examples are not finite, the sentence that says so.

        Raises:
            InputError: When the features fail, have the wrong shape, or are not finite on real
                examples.
        """
        features = self.features
        if features is None:
            return self
        return self.shared("on features", lambda: self._seen_through(features))

    @property
    def is_conditional(self) -> bool:
        """Whether the model takes conditions."""
        return self.model is not None and self.model.context_spec is not None

    def given_to_model(self, context: Tensor | None) -> Tensor | None:
        """The conditions that a method of the model is given: none, where it takes none."""
        return context if self.is_conditional else None

    def _checked(self, context: Tensor | None, n: int) -> Tensor | None:
        """Conditions of n examples, as the source's are."""
        if context is None:
            return None
        return checked_context(self.source.context_spec, context, n)

    def _seen_through(self, features: Features) -> "Evidence | str":
        reference = self.about_real(
            "features of the reference", lambda: real_features(features, self.reference)
        )
        samples = features(self.samples)
        bad = int((~torch.isfinite(samples)).any(dim=1).sum())
        if bad:
            return f"features {features.name} are not finite for {bad} of {len(samples)} samples"
        source = self.about_real("source of features", lambda: seen_through(self.source, features))
        return Evidence(
            samples,
            reference,
            source,
            seed=self.seed,
            sample_context=self.sample_context,
            reference_context=self.reference_context,
            real_facts=self.about_real("facts of features", dict),
        )

    def generator(self, name: str) -> torch.Generator:
        """A random stream of this evidence's seed."""
        return stream(self.seed, "metric", name)


def _computed_once(kept: dict[Hashable, Any], key: Hashable, compute: Callable[[], T]) -> T:
    if key not in kept:
        kept[key] = compute()
    result: T = kept[key]
    return result


class Metric(abc.ABC):
    """A named number about a model; a stateless object made by its registered factory.

    Attributes:
        name: Its registered name.
        label: The header of its column.
        unit: `"nats"`, `"data units"` or nothing.
        direction: Whether smaller or larger is better, or a target value is.
        optimum: The value of a perfect model; None where it depends on the source (then
            `Estimate.ceiling`).
        limits: The smallest and the largest value that the estimator can give, (0, 1) for a share.
        panel: The cheapest panel that includes it.
        alarm: What a table says of a row that scores above 0 in most runs, such as "modes missing";
            for tests whose value counts what is wrong.
        ranked: Whether rows may be ranked by it; they may not by a loose bound.
        question: Which of the four questions about a model it answers: whether it is closest to the
            data, whether its samples are good, whether it is covering the data, or whether it is
            copying training rows. Nothing where it answers none alone.
        depends_on_n: Whether the value of a perfect model depends on how many examples are
            compared.
        quick_where: For a metric of a larger panel. The quick panel includes it on sources of which
            one of these holds.
        source_needs: Capabilities that the source must have.
        model_needs: Capabilities that the model must have.
        conditional: Whether it asks if samples are what was asked for. A panel then includes it
            only where there are conditional models, or samples with their conditions.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    unit: ClassVar[str] = ""
    direction: ClassVar[Literal["min", "max", "target"]]
    optimum: ClassVar[float | None] = None
    limits: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    panel: ClassVar[Panel] = "quick"
    alarm: ClassVar[str] = ""
    ranked: ClassVar[bool] = True
    question: ClassVar[Question] = ""
    depends_on_n: ClassVar[bool] = False
    quick_where: ClassVar[tuple[Callable[[DataSource], bool], ...]] = ()
    source_needs: ClassVar[tuple[type[Capability], ...]] = ()
    model_needs: ClassVar[tuple[type[Capability], ...]] = ()
    conditional: ClassVar[bool] = False

    @final
    def __call__(self, evidence: Evidence) -> Estimate:
        """The estimate, or an absent one with the reason."""
        for need in self.source_needs:
            if not isinstance(evidence.source, need):
                return Estimate.absent(need.absence)
        for need in self.model_needs:
            if evidence.model is None:
                return Estimate.absent("samples only")
            if not isinstance(evidence.model, need):
                return Estimate.absent(need.absence)
            if evidence.is_conditional and evidence.reference_context is None:
                return Estimate.absent("the real examples come without the model's conditions")
        if evidence.features is None or not self.compares_samples:
            return self._estimate(evidence)
        seen = evidence.on_features()
        if isinstance(seen, str):
            return Estimate.absent(seen)
        estimate = self._estimate(seen)
        if estimate.value is None:
            return estimate
        where = f"on features {evidence.features.name} ({seen.source.event_size} columns)"
        return dataclasses.replace(estimate, estimator=f"{estimate.estimator}; {where}")

    @property
    def compares_samples(self) -> bool:
        """Whether it needs neither truth nor model, and so works on features too."""
        return not (self.source_needs or self.model_needs)

    @abc.abstractmethod
    def _estimate(self, evidence: Evidence) -> Estimate: ...
