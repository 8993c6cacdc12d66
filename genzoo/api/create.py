"""Names to objects: models, sources, metrics."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from genzoo.api.builders import (
    MODEL,
    Builder,
    GivenBuilder,
    Row,
    check_function,
    given_config,
    model_config,
    own_name,
    registered_name,
)
from genzoo.api.identity import content, own_conditions
from genzoo.core.context import ContextSpec
from genzoo.core.features import Extractor, Features, real_features
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import FiniteSource, SupportsFeatures
from genzoo.data import SOURCES, ArraySource, create_source
from genzoo.errors import InputError
from genzoo.experiment import Contestant, Problem
from genzoo.experiment.experiment import Width
from genzoo.metrics import METRICS
from genzoo.models import MODELS, recommended_recipe
from genzoo.models.registry import width_option
from genzoo.option_types import WIDEST
from genzoo.registry import Spec, suggestion

PIXELS, CLASSIFIER = "pixels", "classifier"
"""Features by name: the examples themselves, and those of a source that has a classifier."""
MANY = 10_000
"""Seeds of one comparison, at most."""


def create_model(
    name: str,
    event_shape: int | Sequence[int],
    *,
    context_spec: ContextSpec | None = None,
    **options: Any,
) -> GenerativeModel:
    """An untrained model by its registered name.

    Args:
        name: A name such as `"vae"`, or with options, `"vae:beta=4"`.
        event_shape: Shape of one example, `(2,)` for points in the plane.
        context_spec: What the conditions of a conditional model mean, `source.context_spec`.
        **options: Options of the model; they win over those in the name.

    Raises:
        InputError: On an unknown name or option.
    """
    spec = Spec.parse(name)
    if isinstance(event_shape, int):
        event_shape = (event_shape,)
    return Builder(spec.name, {**spec.options, **options})(tuple(event_shape), context_spec)


def list_models(pattern: str = "*") -> list[str]:
    """Registered model names that match a shell pattern such as `"gan*"`."""
    return MODELS.names(pattern)


def list_sources(pattern: str = "*") -> list[str]:
    """Registered source names that match a shell pattern."""
    return SOURCES.names(pattern)


def list_metrics(pattern: str = "*") -> list[str]:
    """Registered metric names that match a shell pattern."""
    return METRICS.names(pattern)


def contestant(given: Any, recipe_fields: Mapping[str, Any]) -> Contestant:
    """A model in a comparison.

    Args:
        given: Its name with options, or `LABEL=NAME:OPTIONS` for a row called LABEL. Or a class or
            function that makes it of an event shape, after whose name the row is called. Or a
            `Row`, which names the row.
        recipe_fields: What replaces fields of its recipe.

    Raises:
        InputError: On an unknown name or option, an empty label, or anything else.
    """
    label = ""
    if isinstance(given, Row):
        label, given = given.name, given.model
    registered = registered_name(given)
    if isinstance(given, str) or registered:
        named = _named(registered or given, recipe_fields)
        if not label:
            return named
        return dataclasses.replace(named, name=label, spec=named.spec or named.name)
    check_function(given, MODEL)
    name = label or own_name(given)
    recipe = Recipe().override(**recipe_fields)
    return Contestant(name, GivenBuilder(given, name), recipe, given_config(given, name))


def _named(text: str, recipe_fields: Mapping[str, Any]) -> Contestant:
    label, spec = _labelled(text)
    contestant = Contestant(
        name=str(spec),
        recipe=recommended_recipe(spec.name).override(**recipe_fields),
        config=model_config(spec),
        build=Builder(spec.name, spec.options),
        width=_width(spec),
    )
    if not label:
        return contestant
    return dataclasses.replace(contestant, name=label, spec=str(spec))


def resized(contestant: Contestant, width: int) -> Contestant:
    """The contestant with its width option set, under the same name."""
    if contestant.width is None:
        return contestant
    name, option = contestant.config["name"], contestant.width.option
    options = {**contestant.config["options"], option: width}
    config = {**contestant.config, "options": options}
    return dataclasses.replace(
        contestant, build=Builder(name, options), config=config, width=Width(option, width)
    )


def _width(spec: Spec) -> Width | None:
    """The option that scales a model, with the value given or its default."""
    declared = width_option(spec.name)
    if declared is None:
        return None
    option, default = declared
    return Width(option, spec.options.get(option, default))


def _labelled(text: str) -> tuple[str, Spec]:
    """A label, or "" for none, and what it stands for.

    An equals sign before any colon ends a label.
    """
    if "=" not in text.partition(":")[0]:
        return "", Spec.parse(text)
    label, _, rest = text.partition("=")
    if not label.strip():
        raise InputError(
            f"the label before = is missing in {text!r}: write LABEL=name:option=value"
        )
    return label.strip(), Spec.parse(rest.strip())


def recipe_of(text: str, recipe: Recipe | None, fields: Mapping[str, Any]) -> Recipe:
    """The given recipe, or the recommended one of a name, with fields replaced."""
    if recipe is None:
        recipe = recommended_recipe(Spec.parse(text).name)
    return recipe.override(**fields)


def problem(source: Any, features: str | Extractor | None = None) -> Problem:
    """A source in a comparison, with the features to compare on.

    Its identity includes a digest of what it draws, so that a file that was edited is another
    problem.

    Args:
        source: A name with options, a file or data: whatever `create_source` takes.
        features: What metrics that compare samples alone look at.

    Raises:
        InputError: When there is no such source, or the features do not suit it.
    """
    plain = _plain_problem(source)
    return dataclasses.replace(plain, features=feature_map(features, plain))


def distinct(problems: Sequence[Problem]) -> list[Problem]:
    """The same problems under names of their own.

    Two files of one name are called by their whole paths; two objects of one name get numbers. What
    is given twice by the same text keeps its name, and is refused as a mistake when the comparison
    starts.
    """
    taken = {one.name for one in problems if one.spec}
    named = []
    for one in problems:
        name = _own_name(one, problems, taken)
        taken.add(name)
        named.append(dataclasses.replace(one, name=name))
    return named


def _own_name(one: Problem, problems: Sequence[Problem], taken: Collection[str]) -> str:
    """The name of a problem, or what tells it from others of the same name."""
    if not one.spec:
        return _numbered(one.name, taken)
    for other in problems:
        if other.spec and other.name == one.name and other.spec != one.spec:
            return one.spec
    return one.name


def _numbered(name: str, taken: Collection[str]) -> str:
    """The name, with a number after it where it is taken."""
    free, count = name, 2
    while free in taken:
        free, count = f"{name} {count}", count + 1
    return free


def feature_map(given: str | Extractor | None, problem: Problem) -> Features | None:
    """The features that are asked for, tried on two examples of the source.

    None for the examples themselves.

    Raises:
        InputError: On an unknown name, a source without features of its own, or an extractor that
            fails.
    """
    source = problem.source
    if given is None or given == PIXELS:
        return None
    if given == CLASSIFIER:
        if not isinstance(source, SupportsFeatures):
            raise InputError(
                f"the source {problem.name!r} has no classifier: leave features={CLASSIFIER!r} out"
            )
        features = Features(source.features, CLASSIFIER)
    elif isinstance(given, str):
        raise InputError(f"unknown features {given!r}: {suggestion(given, [PIXELS, CLASSIFIER])}")
    else:
        features = Features(given)
    real_features(features, source.sample(2, generator=stream(0, "features")).x)
    return features


def _plain_problem(source: Any) -> Problem:
    made = create_source(source)
    spec, note = "", ""
    if isinstance(source, str | Path):
        spec = str(source)
    name = spec or type(made).__name__
    if spec and isinstance(made, FiniteSource) and spec not in SOURCES.names():
        name = Path(spec).name
    elif isinstance(made, ArraySource) and not spec:
        name = made.name
    config: dict[str, Any] = {"name": spec or name, "content": content(made)}
    if made.column_names:
        config["columns"] = list(made.column_names)
    config |= own_conditions(made)
    if isinstance(made, ArraySource):
        note = "; ".join(made.notes)
    return Problem(name, made, config, spec=spec, note=note)


def seed_list(seeds: int | Sequence[int]) -> list[int]:
    """Seeds 0 ... n - 1 for a count n, or the seeds given.

    Raises:
        InputError: When there are none, or one is negative or repeated.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int | Sequence) or isinstance(seeds, str):
        raise InputError(f"seeds must be a count or a list of seeds, got {seeds!r}")
    if isinstance(seeds, int):
        if not 1 <= seeds <= MANY:
            raise InputError(
                f"the number of seeds must be at least 1 and at most {MANY:,}, got {seeds}"
            )
        return list(range(seeds))
    whole = all(_is_seed(seed) for seed in seeds)
    if not seeds or not whole or len(set(seeds)) < len(seeds):
        raise InputError(
            f"seeds must be distinct non-negative integers, at least one, got {list(seeds)}"
        )
    return list(seeds)


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < WIDEST
