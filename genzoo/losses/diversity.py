"""The determinantal diversity loss of GDPP: generated features should spread as real ones do."""

import torch
from torch import Tensor


def feature_kernel(features: Tensor) -> Tensor:
    """K = F'F / B, `(n, n)`, from features F `(B, n)` scaled to unit length.

    It shares its non-zero eigenvalues with the B x B kernel FF' / B of the determinantal point
    process (the dual representation of Kulesza and Taskar 2012). Unlike that kernel it does not
    depend on the order of the batch.
    """
    lengths = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    unit: Tensor = features / lengths.clamp_min(1e-12)
    return unit.T @ unit / features.shape[0]


def diversity_loss(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """sum_i (l_i - l'_i)^2 - sum_i w_i cos(v_i, K' v_i), 0-d, after GDPP (Elfeki et al. 2019).

    l_i and v_i are eigenvalues and eigenvectors of the real kernel, l'_i the eigenvalues of the
    generated one K', and w_i = (l_i - min l) / (max l - min l). The paper takes the cosine of
    eigenvectors paired by rank; cos(v_i, K' v_i) is 1 in the same case, when v_i is an eigenvector
    of K', without their arbitrary sign and without the 1 / (l'_i - l'_j) in their gradient. The
    least value, reached where K' = K, is -sum_i w_i.

    Args:
        real_features: `(B, n)`; the caller detaches them where only the generator should learn.
        fake_features: `(B, n)`.
    """
    real, fake = feature_kernel(real_features), feature_kernel(fake_features)
    values, vectors = torch.linalg.eigh(real)
    spread = (values[-1] - values[0]).clamp_min(1e-12)
    images = fake @ vectors
    lengths = torch.linalg.vector_norm(images, dim=0)
    cosines: Tensor = (vectors * images).sum(0) / (lengths + 1e-6)
    magnitude: Tensor = (values - torch.linalg.eigvalsh(fake)).square().sum()
    weights: Tensor = (values - values[0]) / spread
    return magnitude - (weights * cosines).sum()
