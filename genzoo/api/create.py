"""Names to objects: models, sources, metrics."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genzoo.comparison import Contestant, Problem
from genzoo.comparison.experiment import Width
from genzoo.core.features import Extractor, Features, real_features
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource, FiniteSource, SupportsFeatures
from genzoo.data import SOURCES, create_source
from genzoo.errors import InputError
from genzoo.metrics import METRICS
from genzoo.models import MODELS, recommended_recipe
from genzoo.models.registry import width_option
from genzoo.registry import Spec, suggestion

PIXELS, CLASSIFIER = "pixels", "classifier"
"""Features by name: the examples themselves, and those of a source that has a classifier."""


def create_model(name: str, event_shape: int | Sequence[int], **options: Any) -> GenerativeModel:
    """An untrained model by its registered name.

    Args:
        name: A name such as `"vae"`, or with options, `"vae:beta=4"`.
        event_shape: Shape of one example, `(2,)` for points in the plane.
        **options: Options of the model; they win over those in the name.

    Raises:
        InputError: On an unknown name or option.
    """
    spec = Spec.parse(name)
    shape = (event_shape,) if isinstance(event_shape, int) else tuple(event_shape)
    return MODELS.create(spec.name, shape, **{**spec.options, **options})


def list_models(pattern: str = "*") -> list[str]:
    """Registered model names that match a shell pattern such as `"gan*"`."""
    return MODELS.names(pattern)


def list_sources(pattern: str = "*") -> list[str]:
    """Registered source names that match a shell pattern."""
    return SOURCES.names(pattern)


def list_metrics(pattern: str = "*") -> list[str]:
    """Registered metric names that match a shell pattern."""
    return METRICS.names(pattern)


@dataclass(frozen=True)
class Builder:
    """Makes a registered model for an event shape; unlike a closure, it travels to worker processes."""

    name: str
    options: Mapping[str, Any]

    def __call__(self, event_shape: tuple[int, ...]) -> GenerativeModel:
        """An untrained model."""
        return MODELS.create(self.name, event_shape, **self.options)


def contestant(text: str, recipe_fields: Mapping[str, Any]) -> Contestant:
    """A model in a comparison, from its name with options, or `LABEL=NAME:OPTIONS` for a row called LABEL.

    Raises:
        InputError: On an unknown name or option, or an empty label.
    """
    label, spec = _labelled(text)
    recipe = recommended_recipe(spec.name).override(**recipe_fields)
    config = {"name": spec.name, "options": dict(spec.options)}
    builder, said = Builder(spec.name, spec.options), str(spec) if label else ""
    return Contestant(label or str(spec), builder, recipe, config, said, _width(spec))


def resized(contestant: Contestant, width: int) -> Contestant:
    """The contestant with its width option set, under the same name."""
    if contestant.width is None:
        return contestant
    name, option = contestant.config["name"], contestant.width.option
    options = {**contestant.config["options"], option: width}
    config = {"name": name, "options": options}
    return dataclasses.replace(contestant, build=Builder(name, options), config=config, width=Width(option, width))


def _width(spec: Spec) -> Width | None:
    """The option that scales a model, with the value given or its default."""
    declared = width_option(spec.name)
    if declared is None:
        return None
    option, default = declared
    return Width(option, spec.options.get(option, default))


def _labelled(text: str) -> tuple[str, Spec]:
    """A label, or "" for none, and what it stands for: an equals sign before any colon ends a label."""
    if "=" not in text.partition(":")[0]:
        return "", Spec.parse(text)
    label, _, rest = (part.strip() for part in text.partition("="))
    if not label:
        raise InputError(f"the label before = is missing in {text!r}: write LABEL=name:option=value")
    return label, Spec.parse(rest)


def recipe_of(text: str, recipe: Recipe | None, fields: Mapping[str, Any]) -> Recipe:
    """The given recipe, or the recommended one of a name, with fields replaced."""
    base = recommended_recipe(Spec.parse(text).name) if recipe is None else recipe
    return base.override(**fields)


def problem(source: str | Path | DataSource, features: str | Extractor | None = None) -> Problem:
    """A source in a comparison, from its name with options, a file, or an object, and the features to compare on.

    Its identity includes a digest of what it draws, so that a file that was edited is another problem.

    Raises:
        InputError: When there is no such source, or the features do not suit it.
    """
    found = _plain_problem(source)
    return dataclasses.replace(found, features=feature_map(features, found))


def feature_map(given: str | Extractor | None, problem: Problem) -> Features | None:
    """The features that are asked for, tried on two examples of the source; None for the examples themselves.

    Raises:
        InputError: On an unknown name, a source without features of its own, or an extractor that fails.
    """
    source = problem.source
    if given is None or given == PIXELS:
        return None
    if given == CLASSIFIER:
        if not isinstance(source, SupportsFeatures):
            raise InputError(f"the source {problem.name!r} has no classifier: leave features={CLASSIFIER!r} out")
        given = source.features
        features = Features(given, CLASSIFIER)
    elif isinstance(given, str):
        raise InputError(f"unknown features {given!r}: {suggestion(given, [PIXELS, CLASSIFIER])}")
    else:
        features = Features(given)
    real_features(features, source.sample(2, generator=stream(0, "features")).x)
    return features


def _plain_problem(source: str | Path | DataSource) -> Problem:
    if isinstance(source, DataSource):
        return Problem(type(source).__name__, source, {"name": type(source).__name__, "content": content(source)})
    if not isinstance(source, str | Path):
        raise InputError(f"a source must be a name, a file or a DataSource, got {type(source).__name__}")
    created = create_source(str(source))
    name = (
        Path(source).name if isinstance(created, FiniteSource) and str(source) not in SOURCES.names() else str(source)
    )
    return Problem(name, created, {"name": str(source), "content": content(created)})


def content(source: DataSource) -> str:
    """A digest of a source's rows, or of some draws."""
    drawn = source.sample(256, generator=stream(0, "identity")).x
    parts = [source.train.x, source.holdout.x] if isinstance(source, FiniteSource) else [drawn]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def seed_list(seeds: int | Sequence[int]) -> list[int]:
    """Seeds 0 ... n - 1 for a count n, or the seeds given.

    Raises:
        InputError: When there are none, or one is negative or repeated.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int | Sequence) or isinstance(seeds, str):
        raise InputError(f"seeds must be a count or a list of seeds, got {seeds!r}")
    if isinstance(seeds, int):
        if seeds < 1:
            raise InputError(f"the number of seeds must be at least 1, got {seeds}")
        return list(range(seeds))
    if not seeds or len(set(seeds)) < len(seeds) or any(not isinstance(s, int) or s < 0 for s in seeds):
        raise InputError(f"seeds must be distinct non-negative integers, at least one, got {list(seeds)}")
    return list(seeds)
