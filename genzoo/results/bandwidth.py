"""How wide a kernel is by which samples become a density."""


def silverman_bandwidth(deviation: float, interquartile_range: float, n: int) -> float:
    """Bandwidth of a Gaussian kernel estimate in one dimension: .9 min(sd, IQR / 1.34) n^(-1/5).

    Where the interquartile range is 0, as of samples that mostly agree, the standard deviation
    stands in its place (Silverman 1986, equation 3.31).

    Args:
        deviation: Standard deviation of the samples, in their units.
        interquartile_range: Distance of their quartiles, in the same units.
        n: Number of samples.
    """
    spread = min(deviation, interquartile_range / 1.34) or deviation
    shrinkage: float = n**-0.2
    return 0.9 * spread * shrinkage
