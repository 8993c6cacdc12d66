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


def panel(name: str | Iterable[str], *sources: DataSource) -> list[Metric]:
    """The metrics of a panel, in the order of a table.

    Args:
        name: `"quick"`, `"standard"` or `"full"` (each contains the one before it), metric names
            separated by commas, each with at most one option as in
            `iw_bound:importance_samples=10`, or several of these.
        *sources: What is scored. A panel includes what `Metric.quick_where` adds to it on at least
            one of them; metrics that are named are included whatever the source.

    Raises:
        InputError: On an unknown name (the message gives the nearest ones) or when nothing is
            named.
    """
    parts = name.split(",") if isinstance(name, str) else list(name)
    chosen: dict[str, Metric] = {}
    for part in filter(None, (part.strip() for part in parts)):
        for metric in _metrics_of(part, sources):
            chosen.setdefault(metric.name, metric)
    if not chosen:
        raise InputError(
            f"no metric in {name!r}: name a panel ({', '.join(PANELS)}) or metrics separated by commas"
        )
    return list(chosen.values())


def metric_called(text: str) -> Metric:
    """The metric of a registered name with options, or of the label that a table shows, in any case.

    >>> metric_called("KL(model||data)").name, metric_called("JS [nats] ↓").name
    ('kl', 'js')

    Raises:
        InputError: On an unknown name.
    """
    plain = re.sub(r"\s*(\[[^]]*\]|\(n = [\d,]+\)|[↓↑◎])\s*", " ", text).strip()
    labels = {METRICS.create(name).label.casefold(): name for name in METRICS.names()}
    if plain in METRICS.names():
        return METRICS.create(plain)
    if plain.casefold() in labels:
        return METRICS.create(labels[plain.casefold()])
    spec = Spec.parse(text)
    return METRICS.create(spec.name, **spec.options)


def explain(name: str) -> str:
    """What a metric measures: its formula, what it sees and misses, its null, its cost and its source.

    Args:
        name: Registered, or as a table shows it: `"js"`, `"JS"`, `"KL(model||data)"`.

    Raises:
        InputError: On an unknown name.
    """
    text = inspect.getdoc(type(metric_called(name))) or ""
    return re.split(r"\n\n(?:Args|Attributes|Raises):\n", text)[0]


def metric_facts(metric: Metric) -> dict[str, str]:
    """What a metric declares, in words: its name, column, unit, direction, optimum, panel, question and needs."""
    better = {"min": "smaller is better", "max": "larger is better", "target": "a target value"}
    also = " or ".join(holds.__name__.replace("_", " ") for holds in metric.quick_where)
    needs = [need.__name__ for need in (*metric.source_needs, *metric.model_needs)]
    return {
        "name": metric.name,
        "column": metric.label,
        "unit": metric.unit or "none",
        "direction": better[metric.direction],
        "optimum": "depends on the source" if metric.optimum is None else f"{metric.optimum:g}",
        "panel": f"{metric.panel} (quick where the source {also})" if also else metric.panel,
        "question": metric.question or "none alone",
        "needs": ", ".join(needs) or "samples only",
    }


def _metrics_of(part: str, sources: Sequence[DataSource]) -> list[Metric]:
    if part in PANELS:
        included = PANELS[: PANELS.index(part) + 1]
        metrics = [METRICS.create(name) for name in sorted(METRICS.names(), key=_order)]
        return [
            metric
            for metric in metrics
            if metric.panel in included or _is_quick_on(metric, sources)
        ]
    spec = Spec.parse(part)
    if spec.name not in METRICS.names():
        known = [*PANELS, *METRICS.names()]
        raise InputError(f"unknown metric or panel {spec.name!r}: {suggestion(spec.name, known)}")
    return [METRICS.create(spec.name, **spec.options)]


def _is_quick_on(metric: Metric, sources: Sequence[DataSource]) -> bool:
    """Whether the quick panel includes a metric of a larger one, for what one of the sources is."""
    return any(holds(source) for holds in metric.quick_where for source in sources)


def _order(name: str) -> tuple[int, str]:
    return METRICS.entry(name).facts.get("order", LAST), name
