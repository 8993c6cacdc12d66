"""What `genzoo explain` prints: of metrics, and of the other words that a table or a page shows."""

import inspect
from collections.abc import Mapping, Sequence

from genzoo.cli import show
from genzoo.errors import InputError
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.tables import COST_COLUMNS
from genzoo.metrics import METRICS, explain, metric_called, metric_facts
from genzoo.registry import suggestion
from genzoo.results.verdict import MEANINGS, STANDINGS


def explain_words(words: Sequence[str], *, as_json: bool) -> None:
    """Print what each word means.

    Args:
        words: Metrics by name with options or by label, columns, controls, or how an answer stands.
        as_json: Whether to print JSON.

    Raises:
        InputError: On a word that nothing shows.
    """
    explanations = [_explained(word) for word in words]
    if as_json:
        show.show_json(explanations)
        return
    for facts in explanations:
        show.show_line(facts.pop("name"), bold=True)
        show.show_line(facts.pop("explanation") + "\n")
        if facts:
            line = "; ".join(f"{key}: {value}" for key, value in facts.items())
            show.show_line(f"{line}\n")


def _explained(word: str) -> dict[str, str]:
    glossary = _glossary()
    if word.casefold() in glossary:
        return {"name": word, "explanation": glossary[word.casefold()]}
    try:
        metric = metric_called(word)
    except InputError as error:
        if "option" in str(error):
            raise
        names = [*glossary, *METRICS.names()]
        raise InputError(f"nothing is called {word!r}: {suggestion(word, names)}") from error
    return {**metric_facts(metric), "explanation": explain(metric.name)}


def _glossary() -> Mapping[str, str]:
    """What is shown beside metrics, in lower case."""
    meanings: dict[str, str] = {}
    for column in COST_COLUMNS:
        meanings[column.label.casefold()] = FACT_MEANINGS[column.name]
    for name, make in CONTROLS.items():
        meanings[name] = inspect.getdoc(make) or ""
    for standing, meaning in MEANINGS.items():
        words = STANDINGS[standing]
        if words:
            meanings[words.casefold()] = meaning
    return meanings


FACT_MEANINGS = {
    "parameters": "How many numbers of the model are trained, all of its networks together.",
    "examples_seen": (
        "How many examples training read: steps, times the batch, times the updates that read data."
    ),
    "training_seconds": (
        "Seconds of training by the clock; seeds trained together share them equally."
    ),
    "sampling_seconds": "Seconds to draw the samples that were scored.",
    "evaluations": (
        "Number of function evaluations: how often a model's networks are evaluated for a sample. "
        "It is 1 where a generator or decoder gives one in a single pass, 0 where there is no "
        "network, of an autoregressive flow a pass for each number of an example, and of a "
        "sampler that goes in steps how often it asks; guidance doubles it."
    ),
}
"""What the columns mean that say what a row was given."""
