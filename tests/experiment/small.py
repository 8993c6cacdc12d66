"""Comparisons that train in a moment."""

from genzoo.api.create import contestant, problem
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.experiment import Experiment


class Mean(Metric):
    name = "mean"
    label = "mean"
    direction = "target"

    def _estimate(self, evidence: Evidence) -> Estimate:
        return Estimate(float(evidence.samples.mean()), 0.1, len(evidence.samples))


class Spread(Metric):
    name = "spread"
    label = "spread"
    direction = "max"
    alarm = "no spread"

    def _estimate(self, evidence: Evidence) -> Estimate:
        if float(evidence.samples[:, 0].min()) > 0.7:
            return Estimate(1.0, 0.0, len(evidence.samples))
        return Estimate(0.0, 0.0, len(evidence.samples), bound="lower")


def experiment(
    models: tuple[str, ...] = ("vae", "gan_minimax"),
    seeds: tuple[int, ...] = (0, 1),
    steps: int = 3,
    **settings: object,
) -> Experiment:
    contestants = [contestant(name, {"steps": steps, "batch_size": 8}) for name in models]
    return Experiment(contestants, [problem("ring")], seeds, [Mean(), Spread()], **settings)  # type: ignore[arg-type]
