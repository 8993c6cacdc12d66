"""What a training step costs: genzoo's engines, plain loops of torch and JAX, side by side.

Processor microseconds per step and seed, on one thread. In each round every contestant trains a
chunk of steps in turn, so that the machine's moods hit all of them; figures are medians over
rounds. Compiling is left out here; see `engine_break_even.py`. JAX is asked to compile a scan over
steps, vmapped over seeds, with its draws inside.

    pip install jax optax
    OMP_NUM_THREADS=1 taskset -c 0 python tests/benchmarks/engine_speed.py [--jobs paintings]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import itertools

import torch
from torch import Tensor, nn

from genzoo.data import create_source
from genzoo.models import MODELS, recommended_recipe
from genzoo.training.draws import CHUNK
from genzoo.training.fit import Fit

try:
    import jax
    import jax.numpy as jnp
except ImportError:
    jax = None

SEEDS = (1, 4, 16)
ADAM = (0.9, 0.999, 1e-8)


@dataclass(frozen=True)
class Job:
    """A protocol that all contestants train by.

    Attributes:
        model: Its registered name.
        options: Of the model.
        source: What is learned.
        fields: Recipe fields.
        plain: Makes the plain loop: a function that makes one step.
        jax: Makes parameters and a step for JAX.
    """

    model: str
    source: str
    plain: Callable[[bool], Callable[[], None]]
    jax: Callable[[], tuple[Any, Any]]
    options: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)


def layers(*sizes: int, activation: type[nn.Module]) -> nn.Sequential:
    """A perceptron of these sizes."""
    modules: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        modules += [nn.Linear(fan_in, fan_out), activation()]
    return nn.Sequential(*modules[:-1])


def adam(module: nn.Module, *, fused: bool, rate: float = 1e-4) -> torch.optim.Adam:
    """Adam, as a plain loop has it."""
    return torch.optim.Adam(module.parameters(), lr=rate, fused=fused)


def ring(n: int, generator: torch.Generator) -> Tensor:
    """The ring of eight Gaussians, in a plain loop's own words."""
    angle = torch.randint(8, (n,), generator=generator) * (2 * torch.pi / 8)
    centres = torch.stack([angle.cos(), angle.sin()], 1)
    return centres + 0.05 * torch.randn(n, 2, generator=generator)


def grid(n: int, generator: torch.Generator) -> Tensor:
    """The grid of 25 Gaussians."""
    centres = 2.0 * torch.randint(-2, 3, (n, 2), generator=generator)
    return centres + 0.05 * torch.randn(n, 2, generator=generator)


def gan_loop(G: nn.Module, D: nn.Module, real: Callable[[], Tensor], z: int, gamma: float) -> Any:
    """One step of each of G and D in turn; gamma weighs R1."""

    def make(fused: bool) -> Callable[[], None]:
        generator = torch.Generator().manual_seed(0)
        step_g, step_d = adam(G, fused=fused), adam(D, fused=fused)

        def step() -> None:
            x = real()
            x.requires_grad_(gamma > 0)
            on_real = D(x)
            fake = D(G(torch.randn(64, z, generator=generator)).detach())
            loss = nn.functional.softplus(-on_real).mean() + nn.functional.softplus(fake).mean()
            if gamma:
                (slope,) = torch.autograd.grad(on_real.sum(), x, create_graph=True)
                loss = loss + gamma / 2 * slope.square().sum(1).mean()
            step_d.zero_grad()
            loss.backward()
            step_d.step()
            scores = D(G(torch.randn(64, z, generator=generator)))
            loss = nn.functional.softplus(-scores).mean()
            step_g.zero_grad()
            loss.backward()
            step_g.step()

        return step

    return make


def paintings_plain(fused: bool) -> Callable[[], None]:
    """The artist's paintings (Morvan's tutorial): 5-128-15 against 15-128-1."""
    generator = torch.Generator().manual_seed(0)
    points = torch.linspace(-1, 1, 15)

    def real() -> Tensor:
        a = 1 + torch.rand(64, 1, generator=generator)
        return a * points**2 + (a - 1)

    G = layers(5, 128, 15, activation=nn.ReLU)
    D = layers(15, 128, 1, activation=nn.ReLU)
    made: Callable[[], None] = gan_loop(G, D, real, 5, 0.0)(fused)
    return made


def grid_plain(fused: bool) -> Callable[[], None]:
    """Three layers of 128 each, R1."""
    generator = torch.Generator().manual_seed(0)
    G = layers(2, 128, 128, 128, 2, activation=nn.ReLU)
    D = layers(2, 128, 128, 128, 1, activation=nn.ReLU)
    made: Callable[[], None] = gan_loop(G, D, lambda: grid(64, generator), 2, 1.0)(fused)
    return made


def vae_plain(fused: bool) -> Callable[[], None]:
    """The default VAE on the ring: three layers of 64, two codes, a learned variance."""
    generator = torch.Generator().manual_seed(0)
    encoder = layers(2, 64, 64, 64, 4, activation=nn.Tanh)
    decoder = layers(2, 64, 64, 64, 2, activation=nn.Tanh)
    log_variance = nn.Parameter(torch.zeros(()))
    parameters = [*encoder.parameters(), *decoder.parameters(), log_variance]
    optimiser = torch.optim.Adam(parameters, lr=1e-2, betas=(0.9, 0.99), fused=fused)

    def step() -> None:
        x = ring(128, generator)
        mean, spread = encoder(x).chunk(2, dim=1)
        z = mean + (0.5 * spread).exp() * torch.randn(128, 2, generator=generator)
        error = (x - decoder(z)).square() / log_variance.exp() + log_variance
        kl = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1)
        loss = (0.5 * error.sum(1) + kl).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def j_layers(key: Any, *sizes: int) -> list[Any]:
    """Weights and biases of a perceptron."""
    made = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        key, own = jax.random.split(key)
        bound = fan_in**-0.5
        weight = jax.random.uniform(own, (fan_in, fan_out), minval=-bound, maxval=bound)
        made.append((weight, jnp.zeros(fan_out)))
    return made


def j_apply(network: Sequence[Any], x: Any, activation: Callable[[Any], Any]) -> Any:
    """The perceptron at x."""
    for weight, bias in network[:-1]:
        x = activation(x @ weight + bias)
    weight, bias = network[-1]
    return x @ weight + bias


def j_adam(parameters: Any, gradients: Any, memory: Any, rate: float, betas: Any) -> Any:
    """Adam by hand, as light as can be."""
    first, second = betas
    means, squares, count = memory
    count = count + 1
    tree = jax.tree_util.tree_map
    means = tree(lambda m, g: first * m + (1 - first) * g, means, gradients)
    squares = tree(lambda v, g: second * v + (1 - second) * g * g, squares, gradients)
    size = rate * jnp.sqrt(1 - second**count) / (1 - first**count)
    parameters = tree(
        lambda p, m, v: p - size * m / (jnp.sqrt(v) + 1e-8), parameters, means, squares
    )
    return parameters, (means, squares, count)


def j_begun(parameters: Any) -> Any:
    """The memory of Adam before its first step."""
    zeros = jax.tree_util.tree_map(jnp.zeros_like, parameters)
    return zeros, zeros, jnp.zeros(())


def j_gan(
    sizes_g: tuple[int, ...], sizes_d: tuple[int, ...], real: Callable[[Any], Any], gamma: float
) -> tuple[Any, Any]:
    """Parameters of a seed, and one step of D and one of G."""

    def start(key: Any) -> Any:
        one, two = jax.random.split(key)
        G, D = j_layers(one, *sizes_g), j_layers(two, *sizes_d)
        return G, D, j_begun(G), j_begun(D)

    def score(D: Any, x: Any) -> Any:
        return j_apply(D, x, jax.nn.relu)

    def step(state: Any, key: Any) -> Any:
        G, D, memory_g, memory_d = state
        one, two, three = jax.random.split(key, 3)
        x = real(one)

        def loss_d(D: Any) -> Any:
            fake = j_apply(G, jax.random.normal(two, (64, sizes_g[0])), jax.nn.relu)
            loss = jax.nn.softplus(-score(D, x)).mean() + jax.nn.softplus(score(D, fake)).mean()
            if gamma:
                slope = jax.grad(lambda x: score(D, x).sum())(x)
                loss = loss + gamma / 2 * (slope**2).sum(1).mean()
            return loss

        value_d, gradient = jax.value_and_grad(loss_d)(D)
        D, memory_d = j_adam(D, gradient, memory_d, 1e-4, (0.9, 0.999))

        def loss_g(G: Any) -> Any:
            fake = j_apply(G, jax.random.normal(three, (64, sizes_g[0])), jax.nn.relu)
            return jax.nn.softplus(-score(D, fake)).mean()

        value_g, gradient = jax.value_and_grad(loss_g)(G)
        G, memory_g = j_adam(G, gradient, memory_g, 1e-4, (0.9, 0.999))
        return (G, D, memory_g, memory_d), (value_d, value_g)

    return start, step


def j_paintings() -> tuple[Any, Any]:
    """As `paintings_plain`."""
    points = jnp.linspace(-1, 1, 15)

    def real(key: Any) -> Any:
        a = 1 + jax.random.uniform(key, (64, 1))
        return a * points**2 + (a - 1)

    return j_gan((5, 128, 15), (15, 128, 1), real, 0.0)


def j_grid() -> tuple[Any, Any]:
    """As `grid_plain`."""

    def real(key: Any) -> Any:
        one, two = jax.random.split(key)
        centres = 2.0 * jax.random.randint(one, (64, 2), -2, 3)
        return centres + 0.05 * jax.random.normal(two, (64, 2))

    return j_gan((2, 128, 128, 128, 2), (2, 128, 128, 128, 1), real, 1.0)


def j_vae() -> tuple[Any, Any]:
    """As `vae_plain`."""

    def start(key: Any) -> Any:
        one, two = jax.random.split(key)
        parameters = j_layers(one, 2, 64, 64, 64, 4), j_layers(two, 2, 64, 64, 64, 2), jnp.zeros(())
        return parameters, j_begun(parameters)

    def step(state: Any, key: Any) -> Any:
        parameters, memory = state
        one, two, three = jax.random.split(key, 3)
        angle = jax.random.randint(one, (128,), 0, 8) * (2 * jnp.pi / 8)
        x = jnp.stack([jnp.cos(angle), jnp.sin(angle)], 1)
        x = x + 0.05 * jax.random.normal(two, (128, 2))

        def loss(parameters: Any) -> Any:
            encoder, decoder, log_variance = parameters
            mean, spread = jnp.split(j_apply(encoder, x, jnp.tanh), 2, axis=1)
            z = mean + jnp.exp(0.5 * spread) * jax.random.normal(three, (128, 2))
            error = (x - j_apply(decoder, z, jnp.tanh)) ** 2 / jnp.exp(log_variance) + log_variance
            kl = 0.5 * (mean**2 + jnp.exp(spread) - 1 - spread).sum(1)
            return (0.5 * error.sum(1) + kl).mean()

        value, gradient = jax.value_and_grad(loss)(parameters)
        return j_adam(parameters, gradient, memory, 1e-2, (0.9, 0.99)), value

    return start, step


JOBS = {
    "paintings": Job(
        "gan_minimax",
        "paintings",
        paintings_plain,
        j_paintings,
        {"latent_dim": 5, "width": 128, "depth": 1, "activation": "relu"},
        {"batch_size": 64, "learning_rate": 1e-4, "standardisation": "none"},
    ),
    "vae": Job(
        "vae",
        "ring",
        vae_plain,
        j_vae,
        {"width": 64, "depth": 3},
        {"batch_size": 128, "learning_rate": 1e-2, "warm_up": 0.0},
    ),
    "gan_r1": Job(
        "gan_r1",
        "grid",
        grid_plain,
        j_grid,
        {"latent_dim": 2, "width": 128, "depth": 3, "activation": "relu"},
        {"batch_size": 64, "learning_rate": 1e-4, "averaging": None, "schedule": "constant"},
    ),
    "flow_matching": Job("flow_matching", "ring", vae_plain, j_vae),
    "neural_spline_flow": Job("neural_spline_flow", "ring", vae_plain, j_vae),
}
OWN = ("flow_matching", "neural_spline_flow")
"""Jobs that are timed with genzoo alone."""


def with_genzoo(job: Job, seeds: int, engine: str) -> Callable[[], int]:
    """Makes a chunk of steps, and says how many."""
    source = create_source(job.source)
    recipe = recommended_recipe(job.model).override(**{**job.fields, "steps": 10**6})
    fit = Fit(
        lambda: MODELS.create(job.model, source.event_shape, **job.options),
        source,
        tuple(range(seeds)),
        recipe,
        (),
        device=torch.device("cpu"),
        dtype=torch.float32,
        engine=engine,
    )

    def chunk() -> int:
        fit._chunk()
        return CHUNK

    return chunk


def with_loop(job: Job, fused: bool) -> Callable[[], int]:
    """The same of one seed in a plain loop."""
    step = job.plain(fused)

    def chunk() -> int:
        for _ in range(CHUNK):
            step()
        return CHUNK

    return chunk


def with_jax(job: Job, seeds: int) -> Callable[[], int]:
    """The same as one call of a compiled scan."""
    start, step = job.jax()
    states = jax.vmap(start)(jax.random.split(jax.random.key(0), seeds))

    def scanned(state: Any, key: Any) -> Any:
        return jax.lax.scan(step, state, jax.random.split(key, CHUNK))

    run = jax.jit(jax.vmap(scanned))
    held = {"states": states, "count": 0}

    def chunk() -> int:
        held["count"] += 1
        keys = jax.random.split(jax.random.key(held["count"]), seeds)
        held["states"], values = run(held["states"], keys)
        jax.block_until_ready(values)
        return CHUNK

    return chunk


def measured(contestants: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Processor microseconds per step, the median of alternating rounds after two to warm up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 2):
        for name, chunk in contestants.items():
            before = time.process_time()
            steps = chunk()
            if turn >= 2:
                times[name].append((time.process_time() - before) / steps * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", nargs="*", default=list(JOBS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--engines", nargs="*", default=["replay", "compiled"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| | seeds | who | microseconds a step and seed | over JAX | over the fused loop |")
    print("|---|---|---|---|---|---|")
    for name in arguments.jobs:
        job = JOBS[name]
        for seeds in arguments.seeds:
            contestants = {e: with_genzoo(job, seeds, e) for e in arguments.engines}
            if name not in OWN:
                contestants["plain loop"] = with_loop(job, fused=False)
                contestants["plain loop, fused Adam"] = with_loop(job, fused=True)
                if jax is not None:
                    contestants["JAX"] = with_jax(job, seeds)
            found = measured(contestants, arguments.rounds)
            for who, time_of in found.items():
                each = time_of if "loop" in who else time_of / seeds
                cells = [name, str(seeds), who, f"{each:.0f}"]
                jax_time = found.get("JAX", float("nan")) / seeds
                fused = found.get("plain loop, fused Adam", float("nan"))
                cells += [f"{each / jax_time:.2f}", f"{each / fused:.2f}"]
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
