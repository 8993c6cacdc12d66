"""Training steps compiled ahead, so that comparisons on this machine begin at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genzoo.api.compare import DEFAULT
from genzoo.api.create import contestant, distinct, problem, seed_list
from genzoo.api.inputs import Asked
from genzoo.api.plan import plan_of
from genzoo.experiment import Contestant, Experiment, Problem
from genzoo.experiment.protocol import Protocol
from genzoo.training import Trainer
from genzoo.training.engines import EngineName, check_engine


@dataclass(frozen=True)
class Precompiled:
    """What was done for the stacks of one model on one source that have the same size.

    Attributes:
        model: The row.
        source: The source's name.
        seeds: How many are trained together.
        engine: Which engine trains them.
        state: `"compiled"` now; `"found"` on disk; `"not compiled"`, for the reason given.
        seconds: That it took.
        reason: Why nothing is compiled.
    """

    model: str
    source: str
    seeds: int
    engine: EngineName
    state: Literal["compiled", "found", "not compiled"]
    seconds: float = 0.0
    reason: str = ""

    def __str__(self) -> str:
        if self.state == "compiled":
            return f"compiled in {self.seconds:.0f} s"
        if self.state == "found":
            return "already there"
        return f"not compiled: {self.reason}"


def precompile(
    models: Sequence[Any] | None = None,
    sources: Sequence[Any] | None = None,
    *,
    seeds: int | Sequence[int] | None = None,
    protocol: str | Protocol | None = None,
    engine: EngineName = "auto",
    observer: Callable[[float, str], None] | None = None,
    **recipe_fields: Any,
) -> list[Precompiled]:
    """Compile the training steps that a comparison would compile, into torch's cache on disk.

    The comparison then finds them there, in all its workers. Its numbers do not change: which
    engine trains follows from steps and seeds alone. Where a comparison matches its models, their
    widths and steps are known only then, and others may be compiled.

    Args:
        models: As for `compare`.
        sources: As for `compare`.
        seeds: A count, or a list of seeds: how many are trained together follows from it.
        protocol: As for `compare`.
        engine: As for `compare`; `"compiled"` compiles also what would not pay.
        observer: Called with the share that is done, and what is being done.
        **recipe_fields: Recipe fields that replace every model's own.

    Returns:
        One entry for each model, source and number of seeds trained together.

    Raises:
        InputError: On any name or option that does not fit.
    """
    plan = plan_of(protocol, DEFAULT, models, sources)
    asked = Asked(plan.models, plan.sources, plan.metrics, plan.seeds, plan.match)
    asked = asked.but(models, sources, None, seeds, "")
    check_engine(engine)
    problems = distinct([problem(source) for source in asked.sources])
    contestants: list[Contestant] = []
    for model in asked.models:
        contestants.append(contestant(model, {**plan.recipe_of(model), **recipe_fields}))
    experiment = Experiment(contestants, problems, seed_list(asked.seeds), [], engine=engine)
    stacks: list[tuple[Problem, Contestant, tuple[int, ...]]] = []
    for where in problems:
        for one in contestants:
            by_size = {len(stack): stack for stack in experiment.stacks(one, where)}
            stacks += [(where, one, stack) for stack in by_size.values()]
    done: list[Precompiled] = []
    for i, (where, one, stack) in enumerate(stacks):
        if observer is not None:
            observer(i / len(stacks), f"{one.name} on {where.name}, {len(stack)} seeds")
        done.append(_compiled(experiment, where, one, stack))
    return done


def _compiled(
    experiment: Experiment, where: Problem, one: Contestant, stack: tuple[int, ...]
) -> Precompiled:
    engine = experiment.engine_of(one, where)
    if engine != "compiled":
        reason = f"engine {engine} pays for {one.recipe.steps} steps of {len(stack)} seeds"
        if experiment.engine != "auto":
            reason = f"engine {engine} was asked for"
        return Precompiled(one.name, where.name, len(stack), engine, "not compiled", reason=reason)
    trainer = Trainer(engine=engine)
    ahead = trainer.compile_ahead(
        lambda: one.build_on(where.source), where.source, stack, one.recipe
    )
    state: Literal["compiled", "found", "not compiled"] = "compiled"
    if ahead.refusal:
        state = "not compiled"
    elif ahead.found == ahead.kinds:
        state = "found"
    return Precompiled(
        one.name, where.name, len(stack), engine, state, ahead.seconds, ahead.refusal
    )
