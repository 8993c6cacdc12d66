"""Write what is registered into the pages: python docs/tables.py (a test says when it is due)."""

import inspect
import re
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import genzoo
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.metric import Metric
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource, SupportsModes, SupportsParameter
from genzoo.data import SOURCES
from genzoo.data.movable import OPTIONS as MOVES
from genzoo.metrics import METRICS
from genzoo.metrics.registry import explain, metric_facts
from genzoo.models import MODELS
from genzoo.registry import Entry

FOLDER = Path(__file__).parent
_MARKUP = re.compile(r"[*<]|(?<!\w)_|_(?!\w)|\](?=\()")
_PARTS = re.compile(r"(?<=\.)\s+(Sees|Blind|Null:|Cost:|Not (?:for|on|above|where|with))(?=[\s,])")
NEEDS = (
    "needs samples only",
    "needs modes",
    "needs a curve parameter",
    "needs a density, a bound, a code or a velocity",
    "needs conditions",
)
QUESTIONS = {
    "closest": "Who is *closest*?",
    "good": "Are samples *good*?",
    "covering": "Who is *covering* the data?",
    "copying": "Who is *copying* rows?",
    "": "None of these alone",
}
BEGIN, END = "<!-- {}: begin; written by docs/tables.py -->", "<!-- {}: end -->"


def main() -> None:
    for page, kinds in PAGES.items():
        path = FOLDER / page
        text = path.read_text(encoding="utf-8")
        for kind in kinds:
            text = updated(text, kind)
        path.write_text(text, encoding="utf-8")


def updated(page: str, kind: str) -> str:
    """The page with its generated part made anew."""
    before, begin, rest = page.partition(BEGIN.format(kind))
    _, end, after = rest.partition(END.format(kind))
    if not (begin and end):
        raise ValueError(f"the page has no generated part {kind!r}")
    return f"{before}{begin}\n\n{SECTIONS[kind]()}\n\n{end}{after}"


def models() -> str:
    parts = []
    for name in MODELS.names():
        entry = MODELS.entry(name)
        parts.append(_entry(entry, skip=1) + _recipe(entry))
    return "\n\n".join(parts)


def sources() -> str:
    parts = []
    for name in SOURCES.names():
        parts.append(_entry(SOURCES.entry(name)) + _known(SOURCES.create(name)))
    return "\n\n".join(parts)


def metrics() -> str:
    parts = []
    for name in METRICS.names():
        text = _entry(METRICS.entry(name), prose=explain(name))
        parts.append(_in_short_parts(text) + _facts(METRICS.create(name)))
    return "\n\n".join(parts)


def questions() -> str:
    """Which metrics answer which question, by what must be known."""
    cells: dict[tuple[str, str], list[str]] = {}
    for name in METRICS.names():
        metric = METRICS.create(name)
        link = f"[`{name}`](#{name})"
        if metric.panel == "quick":
            link = f"**{link}**"
        cells.setdefault((metric.question, _needs(metric)), []).append(link)
    lines = [
        "| question | " + " | ".join(NEEDS) + " |",
        "|---" * (1 + len(NEEDS)) + "|",
    ]
    for question, words in QUESTIONS.items():
        row = [", ".join(cells.get((question, need), [])) for need in NEEDS]
        lines.append(f"| {words} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _needs(metric: Metric) -> str:
    needs = {*metric.source_needs, *metric.model_needs}
    if metric.conditional:
        return "needs conditions"
    if SupportsModes in needs:
        return "needs modes"
    if SupportsParameter in needs:
        return "needs a curve parameter"
    if needs:
        return "needs a density, a bound, a code or a velocity"
    return "needs samples only"


def _in_short_parts(text: str) -> str:
    """The paragraph of a metric, with a line of its own for what it sees, misses and costs."""
    return _PARTS.sub(r"\n- **\1**", text)


def protocols() -> str:
    parts = []
    for name in genzoo.list_protocols():
        protocol = genzoo.load_protocol(name)
        parts.append(f"### `{name}`\n\n{protocol.description}\n\n{protocol.reference}.")
    return "\n\n".join(parts)


def _entry(entry: Entry[Any], skip: int = 0, prose: str | None = None) -> str:
    if prose is None:
        prose = inspect.getdoc(entry.factory)
    text = f"### `{entry.name}`\n\n{_markdown(prose)}"
    options = [option for option in entry.options.values() if option.name not in MOVES][skip:]
    if not options:
        return text
    meanings = _arguments(entry.factory)
    lines = [text, "", "| option | takes | default | meaning |", "|---|---|---|---|"]
    for option in options:
        takes, default = _type(option.annotation), _default(option.default)
        meaning = meanings.get(option.name, "")
        lines.append(f"| `{option.name}` | {takes} | `{default}` | {meaning} |")
    return "\n".join(lines)


def _recipe(entry: Entry[Any]) -> str:
    usual = Recipe().to_dict()
    shown = []
    for key, value in entry.facts["recipe"].to_dict().items():
        if key in ("steps", "batch_size", "learning_rate") or value != usual.get(key):
            shown.append(f"`{key}={value}`")
    return f"\n\nRecipe: {', '.join(shown)}."


def _known(source: DataSource) -> str:
    truths = {
        SupportsLogProb: "exact density",
        SupportsModes: "modes",
        SupportsGaussians: "velocity and score from noise",
        SupportsParameter: "law of the curve parameter",
    }
    known = [truth for capability, truth in truths.items() if isinstance(source, capability)]
    if not known:
        known = ["samples only"]
    shape = source.event_shape
    return f"\n\nExamples of shape `{shape}`. Known truth: {', '.join(known)}."


def _facts(metric: Any) -> str:
    rows = []
    for key, value in metric_facts(metric).items():
        if key != "name":
            plain = value.replace("|", "\\|")
            rows.append(f"| {key} | {plain} |")
    return "\n\n| | |\n|---|---|\n" + "\n".join(rows)


def _markdown(docstring: str | None) -> str:
    """The paragraphs of a docstring before its sections.

    What Markdown would take for markup is made plain.
    """
    prose = re.split(r"\n\n(?:Args|Attributes|Returns|Raises):\n", docstring or "")[0]
    plain = ""
    for part in re.split(r"(`[^`]*`)", prose):
        if part.startswith("`"):
            plain += part
        else:
            plain += _MARKUP.sub(r"\\\g<0>", part)
    return plain


def _arguments(factory: Callable[..., Any]) -> dict[str, str]:
    """The `Args:` of a Google-style docstring, by name."""
    lines = (inspect.getdoc(factory) or "").splitlines()
    found: dict[str, str] = {}
    if "Args:" not in lines:
        return found
    name = ""
    for line in lines[lines.index("Args:") + 1 :]:
        if line and not line.startswith(" "):
            break
        if line.startswith("    ") and not line.startswith("     "):
            name, _, text = line.strip().partition(": ")
            found[name] = text
        elif line.strip() and name:
            found[name] += " " + line.strip()
    return {name: text.replace("|", "\\|") for name, text in found.items()}


def _type(annotation: Any) -> str:
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f"`{choice}`" for choice in typing.get_args(annotation))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(part) for part in typing.get_args(annotation)))
    names = {
        int: "integer",
        float: "number",
        bool: "true or false",
        str: "text",
        type(None): "none",
    }
    for kind, name in names.items():
        if annotation is kind:
            return name
    return "object (from Python)"


def _default(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


PAGES = {
    "models.md": ("models",),
    "sources.md": ("sources",),
    "metrics.md": ("questions", "metrics"),
    "protocols.md": ("protocols",),
}
SECTIONS: dict[str, Callable[[], str]] = {
    "models": models,
    "sources": sources,
    "questions": questions,
    "metrics": metrics,
    "protocols": protocols,
}

if __name__ == "__main__":
    main()
