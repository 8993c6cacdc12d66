"""Sampling the trained models of a comparison again, by other numbers of steps."""

import copy
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from torch import Tensor

from genzoo.api.optimal_field import optimal_field
from genzoo.api.runs import read_fit
from genzoo.core.metric import Metric
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import draw_noise, stream
from genzoo.core.source import DataSource
from genzoo.csv_cells import rows_to_csv
from genzoo.data import create_source
from genzoo.disk import write_text
from genzoo.errors import InputError
from genzoo.figures import save, step_curves
from genzoo.metrics import METRICS, panel
from genzoo.models.transport import EquilibriumMatching, MeanFlow, Transport
from genzoo.models.transport.couplings import START
from genzoo.models.transport.samplers import STEPS, Field
from genzoo.results.cell import Cell, format_cell
from genzoo.results.step_scores import EXACT, NETWORK, STEP_FIELDS, StepScore, by_group
from genzoo.results.table import escape_markdown
from genzoo.results.types import ComparisonTable
from genzoo.statistics.intervals import t_interval
from genzoo.storage.evaluation import model_sample, reference_sample, score
from genzoo.storage.identity import slug

Stepped = Transport | MeanFlow | EquilibriumMatching
"""Models whose samples are made in a number of steps that can be chosen after training."""
HUGE = 1e6
"""From where on a mean is told by its order alone: the sampler is not stable."""


def step_scores(table: ComparisonTable, metrics: str, limits: Sequence[int]) -> list[StepScore]:
    """Sample the trained models of a comparison again, by other numbers of steps.

    Nothing is trained: sampler and spacing are a model's own, and only the number of steps changes.
    Beside each network the same sampler follows the exact field, where that is known.

    Args:
        table: A comparison of registered sources that is kept in a folder.
        metrics: Metrics that the samples get, as for `compare`.
        limits: Numbers of evaluations that are not exceeded. Where one does not suffice for a step,
            there is no score.

    Raises:
        InputError: When the comparison is kept in no folder.
    """
    if table.directory is None:
        raise InputError("runs are sampled again from a folder: give the comparison one")
    if not limits:
        return []
    root = Path(table.directory)
    facts = json.loads((root / "comparison.json").read_text(encoding="utf-8"))
    found: list[StepScore] = []
    for name, runs in facts["runs"].items():
        source = create_source(name)
        scoring = _Scoring(name, source, facts["samples"], panel(metrics, source))
        for row, folder in runs["models"].items():
            for run in read_fit(root / folder).runs:
                if run.seed in facts["seeds"] and run.diverged_at is None:
                    found += _of_run(run.model, row, run.seed, scoring, limits)
    return found


@dataclass(frozen=True)
class _Scoring:
    """What all runs on one source are held against.

    Attributes:
        name: Name of the source.
        source: The source.
        n: How many examples are scored.
        metrics: What they get.
    """

    name: str
    source: DataSource
    n: int
    metrics: Sequence[Metric]


def _of_run(
    model: GenerativeModel, row: str, seed: int, scoring: _Scoring, limits: Sequence[int]
) -> Iterator[StepScore]:
    """The scores of one run; none of a model that takes no steps."""
    if not isinstance(model, Stepped):
        return
    source, n = scoring.source, scoring.n
    reference = reference_sample(source, n, seed)
    exact = _exact_field(model, source)
    for most in limits:
        shortened = within(model, most)
        if shortened is None:
            continue
        count = shortened.evaluations
        samples, _ = model_sample(shortened, source, n, seed)
        made = {NETWORK: samples}
        if exact is not None and isinstance(shortened, Transport):
            made[EXACT] = Batch(_along(exact, shortened, n, seed))
        for kind, batch in made.items():
            estimates = score(batch, reference, source, scoring.metrics, seed=seed)
            for metric, found in estimates.items():
                value = math.nan if found.value is None else float(found.value)
                yield StepScore(scoring.name, row, kind, seed, most, count, metric, value)


def within(model: Stepped, most: int) -> Stepped | None:
    """The same model with as many steps as so many evaluations allow; None where they allow none.

    Weights are shared.
    """
    shortened = copy.copy(model)
    for steps in range(most, 0, -1):
        shortened.sampler_steps = steps
        if shortened.evaluations <= most:
            return shortened
    return None


def _exact_field(model: Stepped, source: DataSource) -> Field | None:
    """The field that the model is to learn, where it is known."""
    try:
        return optimal_field(source, model)
    except InputError:
        return None


def _along(field: Field, model: Transport, n: int, seed: int) -> Tensor:
    """What the model's sampler makes of noise along a field, in data units."""
    specs = model.sampling_noise()
    generator = stream(seed, "samples")
    noise = draw_noise(specs, n, generator=generator, like=model.shift)
    times = model.schedule(model.sampler_steps).to(model.shift)
    start = model.path.sigma(times[0]) * noise[START]
    *_, (_, end) = model.states(model.sampler, field, start, times, noise.get(STEPS))
    return model.to_data_units(end.to(start))


def step_page(scores: Sequence[StepScore], table: ComparisonTable) -> str:
    """A table for each source and metric: rows by field, columns by evaluations, over seeds."""
    sources: dict[str, list[StepScore]] = {}
    for one in scores:
        sources.setdefault(one.source, []).append(one)
    parts = ["## By evaluations of the network"]
    for source, own in sources.items():
        for metric in dict.fromkeys(one.metric for one in own):
            parts.append(_metric_table(source, metric, own, table))
    return "\n\n".join(parts)


def _metric_table(
    source: str, metric: str, scores: Sequence[StepScore], table: ComparisonTable
) -> str:
    groups = by_group(scores)
    limits = sorted({one.most for one in scores})
    label = METRICS.create(metric).label
    lines = [
        f"### {escape_markdown(source)}: {escape_markdown(label)}",
        "",
        f"| | {' | '.join(f'≤ {most}' for most in limits)} |",
        "|---|" + "---:|" * len(limits),
    ]
    for field in (NETWORK, EXACT):
        for row in dict.fromkeys(one.model for one in scores):
            cells = [_cell(groups.get((metric, field, row, most), ())) for most in limits]
            if any(cells):
                lines.append(f"| {escape_markdown(row)}, {field} | {' | '.join(cells)} |")
    real = _over_seeds(_real(table, source, metric))
    lines += ["", f"Fresh draws of the source: {real}."]
    return "\n".join(lines)


def _cell(scores: Sequence[StepScore]) -> str:
    return _over_seeds([one.value for one in scores]) if scores else ""


def _over_seeds(values: Sequence[float | None]) -> str:
    """Mean and half-width of the 95 % interval of the values that there are."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if not finite:
        return "n/a"
    mean, low, high = t_interval(finite)
    if abs(mean) >= HUGE:
        return f"{mean:.0e}"
    count = len(finite)
    if count == 1:
        return format_cell(Cell(mean, finished=1, total=1))
    return format_cell(Cell(mean, low, high, finished=count, total=count))


def write_steps(root: Path, table: ComparisonTable, scores: Sequence[StepScore]) -> None:
    """Write steps.csv, and a picture for each source, into the folder of a comparison."""
    write_text(root / "steps.csv", rows_to_csv(STEP_FIELDS, map(asdict, scores)))
    names = {one.metric for one in scores}
    labels = {name: METRICS.create(name).label for name in names}
    for source in dict.fromkeys(one.source for one in scores):
        truth = {}
        for metric in labels:
            real = [value for value in _real(table, source, metric) if value is not None]
            if real:
                truth[metric] = fmean(real)
        own = [one for one in scores if one.source == source]
        figure = step_curves(own, source, truth=truth, labels=labels)
        save(figure, root / "figures" / f"steps-{slug(source)}")


def _real(table: ComparisonTable, source: str, metric: str) -> list[float | None]:
    """What fresh draws of the source get, seed by seed."""
    place = (source, "oracle", metric)
    return [one.value for one in table.scores if (one.source, one.model, one.metric) == place]
