"""The names of the metrics, and the panels that a comparison asks for."""

import inspect
import re
from collections.abc import Iterable, Sequence

from genzoo.core.metric import PANELS, Metric
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.registry import Registry, Spec, suggestion

METRICS: Registry[Metric] = Registry("metric", "genzoo.metrics")
register_metric = METRICS.register

LAST = 1000
"""Place in a table of a metric that was registered without `order`."""


def panel(
    name: str | Iterable[str], *sources: DataSource, conditional: bool = False
) -> list[Metric]:
    """The metrics of a panel, in the order of a table.

    Args:
        name: `"quick"`, `"standard"` or `"full"` (each contains the one before it), metric names
            separated by commas, each with at most one option as in
            `iw_bound:importance_samples=10`, or several of these.
        *sources: What is scored. A panel includes what `Metric.quick_where` adds to it on at least
            one of them; metrics that are named are included whatever the source.
        conditional: Whether any samples are asked for with conditions.

    Raises:
        InputError: On an unknown name (the message gives the nearest ones) or when nothing is
            named.
    """
    chosen: dict[str, Metric] = {}
    for part in _names_in(name):
        for metric in _metrics_of(part, sources, conditional):
            chosen.setdefault(metric.name, metric)
    if not chosen:
        panels = ", ".join(PANELS)
        raise InputError(
            f"no metric in {name!r}: name a panel ({panels}) or metrics separated by commas"
        )
    return list(chosen.values())


def metric_called(text: str) -> Metric:
    """The metric of a registered name with options, or of a label as tables show it, in any case.

    >>> metric_called("KL(model||data)").name, metric_called("JS [nats] ↓").name
    ('kl', 'js')

    Raises:
        InputError: On an unknown name.
    """
    plain = re.sub(r"\s*(\[[^]]*\]|\(n = [\d,]+\)|[↓↑◎])\s*", " ", text).strip()
    if plain in METRICS.names():
        return METRICS.create(plain)
    labels = {METRICS.create(name).label.casefold(): name for name in METRICS.names()}
    if plain.casefold() in labels:
        return METRICS.create(labels[plain.casefold()])
    spec = Spec.parse(text)
    return METRICS.create(spec.name, **spec.options)


def explain(name: str) -> str:
    """What a metric measures: its formula, what it sees and misses, its null, cost and source.

    Args:
        name: Registered, or as a table shows it: `"js"`, `"JS"`, `"KL(model||data)"`.

    Raises:
        InputError: On an unknown name.
    """
    text = inspect.getdoc(type(metric_called(name))) or ""
    return re.split(r"\n\n(?:Args|Attributes|Raises):\n", text)[0]


def metric_facts(metric: Metric) -> dict[str, str]:
    """What a metric declares, in words, from its name and column to its question and needs."""
    better = {"min": "smaller is better", "max": "larger is better", "target": "a target value"}
    optimum = "depends on the source"
    if metric.optimum is not None:
        optimum = f"{metric.optimum:g}"
    where = str(metric.panel)
    also = " or ".join(holds.__name__.replace("_", " ") for holds in metric.quick_where)
    if also:
        where += f" (quick where the source {also})"
    needs = [need.__name__ for need in (*metric.source_needs, *metric.model_needs)]
    if metric.conditional:
        needs.append("conditions")
    return {
        "name": metric.name,
        "column": metric.label,
        "unit": metric.unit or "none",
        "direction": better[metric.direction],
        "optimum": optimum,
        "panel": where,
        "question": metric.question or "none alone",
        "needs": ", ".join(needs) or "samples only",
    }


def _names_in(name: str | Iterable[str]) -> list[str]:
    """The names of panels and metrics, each with its options, without blanks around them."""
    parts = name.split(",") if isinstance(name, str) else list(name)
    stripped = [part.strip() for part in parts]
    return [part for part in stripped if part]


def _metrics_of(part: str, sources: Sequence[DataSource], conditional: bool) -> list[Metric]:
    if part in PANELS:
        chosen = _metrics_of_panel(part, sources)
        return [metric for metric in chosen if conditional or not metric.conditional]
    spec = Spec.parse(part)
    if spec.name not in METRICS.names():
        names = [*PANELS, *METRICS.names()]
        raise InputError(f"unknown metric or panel {spec.name!r}: {suggestion(spec.name, names)}")
    return [METRICS.create(spec.name, **spec.options)]


def _metrics_of_panel(part: str, sources: Sequence[DataSource]) -> list[Metric]:
    included = PANELS[: PANELS.index(part) + 1]
    chosen = []
    for name in sorted(METRICS.names(), key=_order):
        metric = METRICS.create(name)
        if metric.panel in included or _is_quick_on(metric, sources):
            chosen.append(metric)
    return chosen


def _is_quick_on(metric: Metric, sources: Sequence[DataSource]) -> bool:
    """Whether the quick panel includes a metric of a larger one, for what one of the sources is."""
    return any(_is_quick_where(metric, source) for source in sources)


def _is_quick_where(metric: Metric, source: DataSource) -> bool:
    return any(holds(source) for holds in metric.quick_where)


def _order(name: str) -> tuple[int, str]:
    return METRICS.entry(name).facts.get("order", LAST), name
