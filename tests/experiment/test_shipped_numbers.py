"""Shipped protocols and benches say what they said when their results were published."""

import dataclasses

import pytest

import genzoo
from genzoo.experiment.protocol import Protocol, list_protocols, load_protocol
from genzoo.storage.identity import digest

GRID = {
    label: f"flow_matching, {label}=flow_matching:width=128,depth=3,sampler_steps=100"
    for label in ("4k", "10k", "20k")
}
COUNTED = (
    "published_modes,modes_held,modes_captured,kl_modes,published_high_quality,high_quality,"
    "mode_variance,sliced_wasserstein"
)
PROTOCOLS = {
    "goodfellow_paintings": {
        "models": (
            "gan_minimax:latent_dim=5,width=128,depth=1,activation=relu",
            "gan_nonsaturating:latent_dim=5,width=128,depth=1,activation=relu",
        ),
        "sources": ("paintings",),
        "recipe": {
            "steps": 10000,
            "batch_size": 64,
            "optimiser": "adam",
            "learning_rate": 0.0001,
            "betas": [0.9, 0.999],
            "schedule": "constant",
            "averaging": None,
            "gradient_clip": None,
            "standardisation": "none",
        },
        "seeds": 6,
    },
    "published_ring": {
        "models": ("autoencoder", "vae", "gan_minimax", "gan_nonsaturating"),
        "sources": ("ring:sigma=0.01",),
        "recipe": {},
        "seeds": 10,
    },
    "transport_grid": {
        "models": (GRID["4k"], GRID["10k"], GRID["20k"]),
        "sources": ("grid",),
        "recipe": {"steps": 20000, "batch_size": 256},
        "recipes": {GRID["4k"]: {"steps": 4000}, GRID["10k"]: {"steps": 10000}},
        "seeds": 4,
        "metrics": COUNTED,
    },
    "transport_ring": {
        "models": ("flow_matching", "edm", "ddpm"),
        "sources": ("ring",),
        "recipe": {},
        "seeds": 32,
        "metrics": COUNTED,
    },
}
BENCHES = {
    ("collapse_control", "quick"): "6c48168d",
    ("mode_collapse", "quick"): "023248ec",
    ("mode_collapse", "thousand"): "e75ab27e",
    ("mode_collapse", "full"): "2ec28715",
    ("packing", "quick"): "bf8180bb",
    ("packing", "compute"): "4a3eab8b",
    ("packing", "slow"): "b70b7bf6",
    ("steps", "quick"): "fd1236f6",
}
"""Digests of models, sources, recipes, seeds and metrics.

Whoever changes one on purpose enters the new digest.
"""


def said(protocol: Protocol) -> dict[str, object]:
    fields = dataclasses.asdict(protocol)
    return {
        name: value for name, value in fields.items() if name not in {"description", "reference"}
    }


@pytest.mark.parametrize("name", list_protocols())
def test_a_protocol_stays_as_published(name: str) -> None:
    usual = {"recipes": {}, "metrics": "quick", "match": ""}
    assert said(load_protocol(name)) == usual | PROTOCOLS[name]


def test_a_bench_stays_as_published() -> None:
    benches = {name: genzoo.load_bench(name) for name in genzoo.list_benches()}
    found = {
        (name, one): digest(said(made))
        for name, bench in benches.items()
        for one, made in bench.profiles.items()
    }
    assert found == BENCHES
