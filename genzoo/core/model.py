"""What a generative model is to genzoo: a torch module and a declaration of how it is trained."""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import fresh_generator
from genzoo.core.context import ContextSpec, check_spec, checked_context
from genzoo.core.event import EventSpace, check_codes, check_event_shape, check_examples
from genzoo.core.noise import Noise, NoiseSpec, at_once, draw_noise
from genzoo.core.units import Units
from genzoo.errors import InputError
from genzoo.memory import check_memory

ROBUST = ("unit_centre", "unit_width")
"""Buffers that a model has only with robust units."""
CONDITIONS = "conditions"
"""The buffer that only a conditional model has, once it knows the law of its conditions."""


class Batch(NamedTuple):
    """Examples: in data units from a source, in model units from the trainer to a loss.

    Attributes:
        x: `(B, *event_shape)`.
        context: `(B, C)`: class or covariates, where there are any.
        progress: 0-d, from 0 at the first step towards 1 at the last: annealing reads it.
    """

    x: Tensor
    context: Tensor | None = None
    progress: Tensor | None = None


@dataclass(frozen=True)
class Step:
    """What a loss returns.

    Attributes:
        terms: Named 0-d tensors; their sum is minimised.
        monitors: Named 0-d tensors that are recorded and never minimised.
        state: New values of named buffers of the model; the trainer writes them back.
    """

    terms: Mapping[str, Tensor]
    monitors: Mapping[str, Tensor] = field(default_factory=dict)
    state: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Update:
    """One optimiser step over one group of parameters; it owns its optimiser state.

    Attributes:
        name: `"discriminator"`; names its learning rate in a recipe and its columns in a history.
        loss: A pure function of (model, batch, noise), usually an unbound method:
            `GAN.discriminator_loss`.
        parameters: Names of the submodules (or parameters) of the model that this step may change.
            Groups may overlap; together they cover every parameter. No gradient reaches any other.
        noise: The noise tensors that the loss asks for.
        steps: Optimiser steps in a row, with a fresh batch and fresh noise each (the k of
            Goodfellow et al. 2014, Algorithm 1).
        window: The part of training, as fractions [start, end), during which the update is active.
        reads_data: False for a loss of noise alone: it gets a batch of no rows, which is cheaper.
        projection: Called with the model after each step, for constraints such as weight clipping.
        pairing: Called with the batch and the noise of one seed before each loss, outside of vmap;
            returns the noise that the loss gets, with rows in an order that fits the batch.
    """

    name: str
    loss: Callable[[Any, Batch, Noise], Step]
    parameters: tuple[str, ...]
    noise: Mapping[str, NoiseSpec] = field(default_factory=dict)
    steps: int = 1
    window: tuple[float, float] = (0.0, 1.0)
    reads_data: bool = True
    projection: Callable[[Any], None] | None = None
    pairing: Callable[[Batch, Noise], Mapping[str, Tensor]] | None = None


class GenerativeModel(nn.Module, EventSpace, abc.ABC):
    """A model of a distribution over examples of one shape.

    It computes in model units, see `genzoo.core.units.Units`: (x - shift) / scale or, with robust
    units, (asinh((x - centre) / width) - shift) / scale. Users see data units. These four are
    buffers that `standardise` sets once before training. Subclasses write `updates`,
    `sampling_noise` and `generate`, and the underscored methods of the capabilities they mix in.

    A conditional model has a `context_spec`. Losses, `generate` and underscored methods get
    conditions as `ContextSpec.to_model` gives them. Its buffer `conditions` `(m, C)` holds some
    that training saw, in data units, from which `sample` draws when it is asked for none.

    Args:
        event_shape: Shape of one example.
        context_spec: What its conditions mean; None for an unconditional model.

    Attributes:
        note: One sentence that every table must say about this model, or nothing.
        stackable: False where the losses cannot run under `torch.func.vmap`; seeds are then trained
            one by one.
        sample_block: Examples that `sample` generates at a time, see `genzoo.core.noise.at_once`.
    """

    note: str = ""
    stackable: bool = True
    sample_block: int = 4096
    shift: Tensor
    scale: Tensor
    unit_centre: Tensor | None
    unit_width: Tensor | None
    conditions: Tensor | None

    def __init__(
        self, event_shape: tuple[int, ...], context_spec: ContextSpec | None = None
    ) -> None:
        super().__init__()
        self.event_shape = check_event_shape(event_shape)
        self.context_spec = check_spec(context_spec)
        self.register_buffer("shift", torch.zeros(self.event_shape))
        self.register_buffer("scale", torch.ones(self.event_shape))
        for name in (*ROBUST, CONDITIONS):
            self.register_buffer(name, None)

    @abc.abstractmethod
    def updates(self) -> tuple[Update, ...]:
        """How the model is trained: the optimiser steps of one training step, in order."""

    @abc.abstractmethod
    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """The noise that `generate` needs for one example."""

    @abc.abstractmethod
    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """Examples `(B, *event_shape)` in model units, a pure function of noise and conditions.

        Args:
            noise: By name, the draws of `sampling_noise`.
            context: `(B, C)`, of a conditional model; else None.
        """

    def prepare(
        self, x: Tensor, *, generator: torch.Generator, context: Tensor | None = None
    ) -> None:
        """Fit what has a closed form, before training: a hook, which by default does nothing.

        Args:
            x: Training examples `(n, *event_shape)`, in model units.
            generator: Source of whatever is drawn.
            context: Their conditions `(n, C)`; only a conditional model is given the argument.
        """

    def finalize(
        self, x: Tensor, *, generator: torch.Generator, context: Tensor | None = None
    ) -> None:
        """Fit what needs the trained weights, after training: a hook like `prepare`."""

    @property
    def evaluations(self) -> int:
        """How often its networks are evaluated for a sample, one pass through all being once."""
        return 1

    @property
    @final
    def finalizes(self) -> bool:
        """Whether `finalize` does anything: a model in training is then not yet what it will be."""
        return type(self).finalize is not GenerativeModel.finalize

    @final
    def standardise(
        self,
        shift: Tensor,
        scale: Tensor,
        centre: Tensor | None = None,
        width: Tensor | None = None,
    ) -> None:
        """Set the model units, see `genzoo.core.units.Units`.

        All that is given is broadcast to `event_shape`.
        """
        self.shift.copy_(shift)
        self.scale.copy_(scale)
        self.unit_centre = None if centre is None else torch.zeros_like(self.shift).copy_(centre)
        self.unit_width = None if width is None else torch.zeros_like(self.shift).copy_(width)

    @property
    @final
    def units(self) -> Units:
        """The model units."""
        return Units(self.shift, self.scale, self.unit_centre, self.unit_width)

    @final
    def to_model_units(self, x: Tensor) -> Tensor:
        """Examples in data units, brought to model units."""
        return self.units.to_model(x)

    @final
    def to_data_units(self, x: Tensor) -> Tensor:
        """The inverse of `to_model_units`."""
        return self.units.to_data(x)

    @final
    def sample(
        self, n: int, *, generator: torch.Generator | None = None, context: Tensor | None = None
    ) -> Tensor:
        """Draw `(n, *event_shape)` examples in data units.

        Args:
            n: How many, at least 1.
            generator: Source of the noise; by default a fresh one, never the global one.
            context: Conditions `(n, C)` of a conditional model; by default those that
                `draw_conditions` gives.

        Raises:
            InputError: When n < 1, or the conditions are wrong.
        """
        if n < 1:
            raise InputError(f"the number of samples must be at least 1, got {n}")
        what = f"a sample of {n} examples of {self.event_size} numbers"
        check_memory(2 * n * self.event_size, what)
        generator = generator or fresh_generator()
        if context is None:
            context = self.draw_conditions(n, generator=generator)
        context = self._receive_context(context, n)
        specs = self.sampling_noise()
        block = at_once(specs, self.sample_block)
        blocks = []
        with torch.no_grad():
            for start in range(0, n, block):
                size = min(block, n - start)
                part = None if context is None else context[start : start + size]
                noise = draw_noise(specs, size, generator=generator, like=self.shift)
                blocks.append(self.to_data_units(self.generate(noise, part)))
                del noise  # Else it would be held while that of the next block is drawn.
        return torch.cat(blocks)

    @final
    def draw_conditions(self, n: int, *, generator: torch.Generator | None = None) -> Tensor | None:
        """Conditions `(n, C)` in data units, drawn from `conditions`; None where none are taken.

        Before training, classes are equally likely and numbers uniform in their range.
        """
        if self.context_spec is None:
            return None
        generator = generator or fresh_generator()
        if self.conditions is None:
            return self.context_spec.draw(n, generator=generator).to(self.shift)
        index = torch.randint(len(self.conditions), (n,), generator=generator)
        return self.conditions[index.to(self.conditions.device)]

    @final
    def remember_conditions(self, context: Tensor) -> None:
        """Set the conditions `(m, C)`, in data units, that `sample` draws from.

        Raises:
            InputError: When they are wrong, or the model takes none.
        """
        checked = checked_context(self.context_spec, context)
        if checked is not None:
            self.conditions = checked.detach().clone().to(self.shift)

    @final
    def _receive_context(self, context: Any, n: int) -> Tensor | None:
        checked = checked_context(self.context_spec, context, n)
        if checked is None or self.context_spec is None:
            return None
        return self.context_spec.to_model(checked.to(self.shift))

    @final
    def _receive(self, x: Any) -> Tensor:
        return self.to_model_units(check_examples(x, self.event_shape).to(self.shift))

    @final
    def _receive_codes(self, z: Any) -> Tensor:
        return check_codes(z).to(self.shift)

    @final
    def _return(self, x: Tensor) -> Tensor:
        return self.to_data_units(x)

    @final
    def _log_volume(self, x: Tensor) -> Tensor:
        return self.units.log_volume(x)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Have the buffers that a model may lack just where the stored model had them."""
        for name in ROBUST:
            if prefix + name not in state_dict:
                setattr(self, name, None)
            elif getattr(self, name) is None:
                setattr(self, name, torch.zeros_like(self.shift))
        stored = state_dict.get(prefix + CONDITIONS)
        if self.context_spec is not None:
            self.conditions = None if stored is None else torch.empty_like(stored).to(self.shift)
        super()._load_from_state_dict(state_dict, prefix, *rest)
