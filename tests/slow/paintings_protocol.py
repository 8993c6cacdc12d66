"""The published paintings protocol, run and printed beside its reference figures.

    python tests/slow/paintings_protocol.py [--steps 10000] [--seeds 6]

Reference figures: the same protocol (G 5-128-15, D 15-128-1, ReLU, Adam 1e-4, batch 64, 10,000
steps, raw data units, Algorithm 1 of Goodfellow et al. 2014) in a hand-written loop, 6 seeds each,
both generator losses alike."""

import argparse
from collections.abc import Mapping

import numpy as np
import torch

import genzoo
from genzoo.core.noise import stream
from genzoo.data.curves import Paintings
from genzoo.results.types import TrainedRun

REFERENCE = {
    "D(real)": (0.5007, 0.5032),
    "V": (-1.3826, -1.3765),
    "a, mean": (1.491, 1.509),
    "a, sd": (0.294, 0.308),
    "rms off the family": (0.023, 0.042),
    "KS of a": (0.064, 0.080),
    "share of a outside [1, 2]": (0.068, 0.085),
}
BAND = {
    "D(real)": (0.494, 0.506),
    "V": (-1.3863, -1.372),
    "a, mean": (1.48, 1.52),
    "a, sd": (0.2787, 0.3187),
    "rms off the family": (0.0, 0.045),
}
LAST = 500


def measure(run: TrainedRun, source: Paintings) -> Mapping[str, float]:
    """The figures of one seed: read-outs over the last steps, the law of a over 10,000 samples."""
    curves = run.model.sample(10_000, generator=stream(run.seed, "protocol"))
    a, residual = source.fit_parameter(curves)
    order = torch.sort(a).values.numpy()
    truth = np.clip(order - 1, 0, 1)
    steps = np.arange(len(order))
    gaps = np.maximum(truth - steps / len(order), (steps + 1) / len(order) - truth)
    return {
        "D(real)": float(run.history.series["discriminator/D(real)"][-LAST:].mean()),
        "V": float(run.history.series["discriminator/V"][-LAST:].mean()),
        "a, mean": float(a.mean()),
        "a, sd": float(a.std()),
        "rms off the family": float(residual.square().mean().sqrt()),
        "KS of a": float(gaps.max()),
        "share of a outside [1, 2]": float(((a < 1) | (a > 2)).float().mean()),
    }


def run_protocol(
    *, steps: int | None = None, seeds: int | None = None
) -> dict[str, list[Mapping[str, float]]]:
    """By model, the figures of every seed."""
    protocol = genzoo.load_protocol("goodfellow_paintings")
    source = genzoo.create_source(protocol.sources[0])
    assert isinstance(source, Paintings)
    fields = {**protocol.recipe, **({} if steps is None else {"steps": steps})}
    return {
        model: [
            measure(run, source)
            for run in genzoo.train(model, source, seeds=seeds or protocol.seeds, **fields).runs
        ]
        for model in protocol.models
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int)
    arguments = parser.parse_args()
    for model, figures in run_protocol(steps=arguments.steps, seeds=arguments.seeds).items():
        print(model)
        for name, (low, high) in REFERENCE.items():
            values = [figure[name] for figure in figures]
            print(
                f"  {name:26} mean {np.mean(values):8.4f}   "
                f"seeds {min(values):8.4f} ... {max(values):8.4f}   reference {low} ... {high}"
            )


if __name__ == "__main__":
    main()
