"""Every objective by its name."""

from collections.abc import Mapping

from genzoo.losses.adversarial import Minimax, NonSaturating
from genzoo.losses.critic import RelativisticAverage, RelativisticPaired, Wasserstein
from genzoo.losses.f_divergence import (
    FDivergence,
    JensenShannon,
    KullbackLeibler,
    Pearson,
    ReverseKullbackLeibler,
    SquaredHellinger,
    TotalVariation,
)
from genzoo.losses.f_gan import f_gan
from genzoo.losses.margin import Hinge, LeastSquares
from genzoo.losses.objective import Objective

DIVERGENCES: Mapping[str, FDivergence] = {
    "kl": KullbackLeibler(),
    "reverse_kl": ReverseKullbackLeibler(),
    "pearson": Pearson(),
    "hellinger": SquaredHellinger(),
    "js": JensenShannon(),
    "tv": TotalVariation(),
}

OBJECTIVES: Mapping[str, Objective] = {
    "minimax": Minimax(),
    "non_saturating": NonSaturating(),
    "least_squares": LeastSquares(),
    "hinge": Hinge(),
    "wasserstein": Wasserstein(),
    "relativistic_average": RelativisticAverage(),
    "relativistic_paired": RelativisticPaired(),
    **{f"f_{name}": f_gan(f) for name, f in DIVERGENCES.items()},
    **{f"f_{name}_non_saturating": f_gan(f, "non_saturating") for name, f in DIVERGENCES.items()},
}
