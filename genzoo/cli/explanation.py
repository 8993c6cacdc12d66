"""What `genzoo explain` prints."""

from collections.abc import Sequence

from genzoo.cli import show
from genzoo.metrics import METRICS, explain, metric_facts
from genzoo.registry import Spec


def explain_metrics(names: Sequence[str], *, as_json: bool) -> None:
    """Print what metrics measure, each name with its options, and their facts."""
    specs = [Spec.parse(text) for text in names]
    found = [metric_facts(METRICS.create(spec.name, **spec.options)) for spec in specs]
    texts = [explain(spec.name) for spec in specs]
    if as_json:
        show.show_json([facts | {"explanation": text} for facts, text in zip(found, texts, strict=True)])
        return
    for facts, text in zip(found, texts, strict=True):
        show.show_line(str(facts["name"]), bold=True)
        show.show_line(text + "\n")
        show.show_line("; ".join(f"{key}: {value}" for key, value in facts.items() if key != "name") + "\n")
