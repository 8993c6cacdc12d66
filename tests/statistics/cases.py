"""Scores made up to be judged: rows with a mean and a spread for each metric."""

from collections.abc import Mapping, Sequence

import numpy as np

from genzoo.results.table import Column
from genzoo.results.types import Score
from genzoo.statistics.case import Case

JS = Column("js", "JS", "nats", question="closest")
ENERGY = Column("energy", "energy distance²", question="closest")
SLICED = Column("sliced_wasserstein", "sliced W2²", question="closest")
PRECISION = Column("precision", "precision", "", "max", question="good", limits=(0.0, 1.0))
COVERAGE = Column("coverage", "coverage", "", "max", question="covering", limits=(0.0, 1.0))
MODES = Column("modes_captured", "modes captured", "", "max", question="covering")
SHARE = Column("train_share", "train share", "", "target", question="copying")

Row = Mapping[str, float | Sequence[float]]


def scores(
    row: str, values: Row, seeds: int = 10, spread: float = 0.005, seed: int = 0, **fields: object
) -> list[Score]:
    """A row's scores: around a mean with this spread, or these values seed by seed."""
    random = np.random.default_rng([seed, *row.encode()])
    made = []
    for metric, given in values.items():
        drawn = given if isinstance(given, Sequence) else given + spread * random.normal(size=seeds)
        known = {"standard_error": spread, "n": 2500, "null": 0.0, **fields}
        made += [
            Score(row, "source", metric, at, float(value), **known)
            for at, value in enumerate(drawn)
        ]
    return made


def case(
    rows: Mapping[str, Row],
    columns: Sequence[Column],
    *,
    seeds: int = 10,
    spread: float = 0.005,
    **known,
) -> Case:
    """Rows that are no controls are models."""
    controls = ("oracle", "single_mode", "noisy_oracle")
    made = [score for row, values in rows.items() for score in scores(row, values, seeds, spread)]
    given = known.pop("given", ())
    models = [row for row in rows if row not in (*controls, *given)]
    return Case(columns, models, made, given, **known)
