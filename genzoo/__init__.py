"""genzoo: one interface, exact truth, honest comparisons."""

import importlib
import signal
from typing import TYPE_CHECKING, Any

from genzoo.signals import held_back
from genzoo.version import __version__

if TYPE_CHECKING:
    from genzoo.api.bench import bench
    from genzoo.api.compare import compare
    from genzoo.api.create import create_model, list_metrics, list_models, list_sources
    from genzoo.api.discriminator import optimal_discriminator
    from genzoo.api.error_parts import error_parts
    from genzoo.api.evaluate import evaluate
    from genzoo.api.film import film
    from genzoo.api.model_pictures import density_figure, field_figure
    from genzoo.api.optimal_field import irreducible_loss, optimal_field
    from genzoo.api.precompile import precompile
    from genzoo.api.report import report
    from genzoo.api.runs import load
    from genzoo.api.train import train
    from genzoo.core.context import ContextSpec
    from genzoo.core.context_fields import Category, Covariate
    from genzoo.core.metric import Estimate, Evidence, Metric
    from genzoo.core.model import Batch, GenerativeModel, Step, Update
    from genzoo.core.noise import NoiseSpec
    from genzoo.core.recipe import Recipe
    from genzoo.core.source import DataSource
    from genzoo.data import create_source, register_source
    from genzoo.errors import InputError
    from genzoo.experiment.bench import list_benches, load_bench
    from genzoo.experiment.protocol import list_protocols, load_protocol
    from genzoo.losses.objective import Objective
    from genzoo.metrics import register_metric
    from genzoo.models import register_model
    from genzoo.observation.generation import generation_path

_HOMES = {
    "bench": "genzoo.api.bench",
    "compare": "genzoo.api.compare",
    "create_model": "genzoo.api.create",
    "create_source": "genzoo.data",
    "list_metrics": "genzoo.api.create",
    "list_models": "genzoo.api.create",
    "list_sources": "genzoo.api.create",
    "error_parts": "genzoo.api.error_parts",
    "evaluate": "genzoo.api.evaluate",
    "film": "genzoo.api.film",
    "field_figure": "genzoo.api.model_pictures",
    "density_figure": "genzoo.api.model_pictures",
    "generation_path": "genzoo.observation.generation",
    "load": "genzoo.api.runs",
    "precompile": "genzoo.api.precompile",
    "report": "genzoo.api.report",
    "train": "genzoo.api.train",
    "list_benches": "genzoo.experiment.bench",
    "load_bench": "genzoo.experiment.bench",
    "list_protocols": "genzoo.experiment.protocol",
    "optimal_discriminator": "genzoo.api.discriminator",
    "optimal_field": "genzoo.api.optimal_field",
    "irreducible_loss": "genzoo.api.optimal_field",
    "load_protocol": "genzoo.experiment.protocol",
    "Batch": "genzoo.core.model",
    "Category": "genzoo.core.context_fields",
    "ContextSpec": "genzoo.core.context",
    "Covariate": "genzoo.core.context_fields",
    "GenerativeModel": "genzoo.core.model",
    "Step": "genzoo.core.model",
    "Update": "genzoo.core.model",
    "NoiseSpec": "genzoo.core.noise",
    "DataSource": "genzoo.core.source",
    "Metric": "genzoo.core.metric",
    "Estimate": "genzoo.core.metric",
    "Evidence": "genzoo.core.metric",
    "InputError": "genzoo.errors",
    "Objective": "genzoo.losses.objective",
    "Recipe": "genzoo.core.recipe",
    "register_source": "genzoo.data",
    "register_metric": "genzoo.metrics",
    "register_model": "genzoo.models",
}

__all__ = [
    "Batch",
    "Category",
    "ContextSpec",
    "Covariate",
    "DataSource",
    "Estimate",
    "Evidence",
    "GenerativeModel",
    "InputError",
    "Metric",
    "NoiseSpec",
    "Objective",
    "Recipe",
    "Step",
    "Update",
    "__version__",
    "bench",
    "compare",
    "create_model",
    "create_source",
    "density_figure",
    "error_parts",
    "evaluate",
    "field_figure",
    "film",
    "generation_path",
    "irreducible_loss",
    "list_benches",
    "list_metrics",
    "list_models",
    "list_protocols",
    "list_sources",
    "load",
    "load_bench",
    "load_protocol",
    "optimal_discriminator",
    "optimal_field",
    "precompile",
    "register_metric",
    "register_model",
    "register_source",
    "report",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import genzoo` does not wait for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'genzoo' has no attribute {name!r}")
    # A module that is left half made cannot be imported again.
    with held_back(signal.SIGINT, signal.SIGTERM):
        value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
