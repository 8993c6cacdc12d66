"""Hostile inputs, made from a seed: command lines, data files, protocols, benches, run folders."""

import io
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Words = list[str]


@dataclass(frozen=True)
class Case:
    """An input: the words of a command, and what was done to what it reads."""

    kind: str
    words: Sequence[str]
    done: str = ""


HUGE = ["9" * 30, "-" + "9" * 30, "999999999999999999", "1" + "0" * 5000]
NUMBERS = [
    *HUGE,
    "0",
    "-1",
    "1e400",
    "-1e400",
    "1e-400",
    "nan",
    "inf",
    "2.5",
    "0x10",
    "1_0",
    "١",
    "true",
    "none",
    "1,2",
]
TEXTS = [
    "",
    " ",
    "-",
    "--",
    "=",
    ":",
    ",",
    "=:",
    "a=",
    "\0",
    "a\0b",
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "a\nb",
    "x" * 5000,
    "é",
    "\udcff",
    "\u202eabc",
    "..",
    "/",
    "*",
    "[",
    "%s%n",
    "{}",
    "~",
    "/dev/zero",
    "/dev/null",
    "pipe.csv",
    "pipe.npy",
    "folder.csv",
    "missing.csv",
    "none.npz",
    "nan",
    "-o",
    "--json",
    "--seeds",
    "ring",
    "vae",
    "rows.csv",
    "rows.npy",
    "run",
    "comparison",
]
SPECS = [
    "ring:modes={}",
    "ring:radius={}",
    "ring:sigma={}",
    "grid:side={}",
    "random_mixture:modes={}",
    "random_mixture:dimension={}",
    "high_dim_mixture:dimension={}",
    "mixture_1d:modes={}",
    "checkerboard:cells={}",
    "pinwheel:arms={}",
    "spirals:arms={}",
    "spirals:turns={}",
    "sines:points={}",
    "sines:low={}",
    "paintings:points={}",
    "damped_oscillations:points={}",
    "veegan_mixture:dimension={}",
    "veegan_mixture:noisy={}",
    "digits:split_seed={}",
    "rows.csv:holdout={}",
    "rows.csv:split_seed={}",
    "rows.csv:drop={}",
    "rows.csv:header={}",
    "rows.npz:key={}",
    "vae:latent_dim={}",
    "vae:width={}",
    "vae:depth={}",
    "vae:beta={}",
    "vae:variance={}",
    "autoencoder:components={}",
    "gan:packing={}",
    "gan:unrolled_steps={}",
    "gan:discriminator_steps={}",
    "gan:objective={}",
    "gan_r1:gamma={}",
    "wgan_clip:clip={}",
    "L=vae:width={}",
    "{}=vae",
    "vae:{}=1",
    "{}:width=1",
    "ring:modes=8,modes={}",
]
NAMED_MODELS = ("vae", "autoencoder", "gan", "gan_r1", "wgan_clip")
SOURCE_SPECS = [spec for spec in SPECS if spec.split(":")[0] not in NAMED_MODELS]
MODEL_SPECS = [spec for spec in SPECS if spec not in SOURCE_SPECS]
SMALL = "--steps 2 --seeds 1 --metrics energy"
COMMANDS = [
    f"compare -m autoencoder -d ring -o out --workers 1 {SMALL}",
    f"compare -m vae -d rows.csv -o out --workers 1 --no-record {SMALL}",
    f"compare -m vae -d ring --samples mine=plane.csv -o out --workers 1 {SMALL}",
    f"compare -m vae -d ring --match updates -o out --workers 1 {SMALL}",
    f"compare -m vae -d ring -o out --recipe betas=0.5,0.9 --workers 1 {SMALL}",
    f"compare -m vae -d ring -o out --recipe gradient_clip=1 --workers 1 {SMALL}",
    "compare --protocol small.json -o out --workers 1",
    "bench bench.json --profile quick -o out --workers 1 --no-record",
    "train vae -d ring -o new --steps 2 --seed 1 --lr 0.1 --batch-size 8",
    "train gan_minimax -d rows.npy -o new --steps 2 --recipe averaging=0.9",
    "sample run -n 5 -o new.csv --seed 1",
    "evaluate plane.csv -d ring -n 20 --seeds 1 --metrics energy",
    "evaluate run -d ring -n 20 --metrics energy --weights last",
    "evaluate rows.npy --train rows.csv --holdout rows.npy -n 20 --seeds 1",
    "list models gan*",
    "list metrics",
    "explain energy",
    "report comparison -o new.html",
    "film run -o new.gif --theme dark",
    "film comparison -o new.gif --source ring --worst",
]


def hostile_word(rng: random.Random) -> str:
    """A word that nobody means."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(NUMBERS)
    if kind < 0.6:
        return rng.choice(TEXTS)
    if kind < 0.9:
        return rng.choice(SPECS).format(rng.choice(NUMBERS + TEXTS))
    letters = "abc019-=:,./*\\\"' \t\x1b\x7fé"
    return "".join(rng.choice(letters) for _ in range(rng.randrange(1, 12)))


def command_line(rng: random.Random) -> Case:
    """A command with one or two words replaced, added, removed or exchanged."""
    words = rng.choice(COMMANDS).split()
    done = []
    for option, specs in (("-d", SOURCE_SPECS), ("-m", MODEL_SPECS)):
        if option in words and rng.random() < 0.3:
            words[words.index(option) + 1] = rng.choice(specs).format(rng.choice(NUMBERS + TEXTS))
            done.append(f"{option} with an option")
    for _ in range(rng.choice((0, 1, 1)) if done else rng.choice((1, 1, 1, 2))):
        place = rng.randrange(1, len(words) + 1)
        act = rng.choice(("replace", "replace", "replace", "insert", "remove", "double", "join"))
        done.append(act)
        place = min(place, len(words) - 1)
        if act == "replace":
            words[place] = hostile_word(rng)
        elif act == "insert":
            words.insert(place, hostile_word(rng))
        elif act == "remove" and len(words) > 1:
            del words[place]
        elif act == "double":
            words.insert(place, words[place])
        else:
            words[place] = words[place] + "=" + hostile_word(rng)
    return Case("command line", words, ", ".join(done))


CELLS = [
    "", "nan", "inf", "-1e39", "1e400", "text", "1,5", "1.234,5", "12%", "True", "2024-01-01",
    '"', "'", "\x1b[31m", "=1+1", "9" * 40, "#", "é", "1 000", "-999", "$5", "1e", "0x1f",
    "１", "\0", "NaN ", "-", "1;2", "\t", "x" * 3000,
]  # fmt: skip
ENCODINGS = (*["utf-8"] * 6, "utf-8-sig", "utf-16", "latin-1", "utf-32")


def _text_table(rng: random.Random) -> bytes:
    """A table as text in some dialect, with hostile cells."""
    rows, columns = rng.choice((0, 1, 2, 5, 40, 40, 40, 40)), rng.choice((1, 2, 2, 2, 3))
    delimiter = rng.choice((",", ";", "\t", " ", "|", ", "))
    decimal = rng.choice((".", ".", ","))
    table = [
        [f"{rng.gauss(0, 1):.3f}".replace(".", decimal) for _ in range(columns)]
        for _ in range(rows)
    ]
    header = [
        rng.choice(
            ("a", "b", "x y", "", "0", "1", "temp °C", "=cmd|' /C calc'!A0", "\x1b[2J", "z" * 3000)
        )
    ] * columns
    if rng.random() < 0.6:
        table.insert(0, header)
    if rng.random() < 0.2:
        table.insert(0, [f"# {rng.choice(CELLS)}"])
    for _ in range(rng.choice((0, 0, 1, 2))):
        if table:
            row = rng.choice(table)
            row[rng.randrange(len(row))] = rng.choice(CELLS)
    lines = [delimiter.join(row) + rng.choice(("", "", "", delimiter)) for row in table]
    text = rng.choice(("\n", "\n", "\r\n", "\r")).join(lines)
    return text.encode(rng.choice(ENCODINGS), errors="replace")


def _array(rng: random.Random) -> np.ndarray:
    generator = np.random.default_rng(rng.randrange(2**32))
    shape = rng.choice(
        ((), (0,), (40,), *[(40, 2)] * 8, (40, 0), (1, 2), (40, 3, 2), (40, 1, 2, 2), (3000, 2))
    )
    values = generator.normal(size=shape)
    numbers = ("f4", "f2", "i8", "u8", "?", "c16")
    others = ("U5", "S3", "M8[s]", "m8[s]", "O", "V", ">f8", "g")
    kind = rng.choice((*["f8"] * 8, *numbers, *others))
    if kind == "V":
        return np.zeros(shape, dtype=[("a", "f8"), ("b", "i4")])
    scaled = values * rng.choice((1, 1e5, 1e38, 1e300, 0))
    with np.errstate(all="ignore"):
        if kind in ("M8[s]", "m8[s]"):
            return scaled.astype("i8").astype(kind)
        return scaled.astype(kind)


def _bytes_of(save: Callable[[Any], None]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def _parquet(rng: random.Random) -> bytes:
    import pyarrow
    from pyarrow import parquet

    columns: list[Any] = [
        [1.0, 2.0, None, 4.0],
        [1, 2, 3, 4],
        ["a", "b", "c", "d"],
        [True, False, True, True],
        [[1], [2], [3], [4]],
        [b"1", b"2", b"3", b"4"],
        [1.5, float("nan"), 2.5, 3.5],
        [2**62, 1, 2, 3],
        [{"a": 1}] * 4,
        [None] * 4,
    ]
    chosen = [rng.choice(columns) for _ in range(rng.choice((0, 1, 2, 3)))]
    table = pyarrow.table({f"{rng.choice('abé')}{k}": values for k, values in enumerate(chosen)})
    return _bytes_of(lambda file: parquet.write_table(table, file))


def damaged(rng: random.Random, content: bytes) -> tuple[bytes, str]:
    """Bytes of which some are changed, cut, doubled or put in."""
    content = bytearray(content)
    act = rng.choice(("flip", "flip", "flip", "cut", "head", "insert", "zeros", "double", "digits"))
    place = rng.randrange(max(len(content), 1))
    if act == "flip" and content:
        for _ in range(rng.choice((1, 1, 3))):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif act == "head" and content:
        content[rng.randrange(min(len(content), 130))] = rng.randrange(256)
    elif act == "cut":
        del content[place:]
    elif act == "insert":
        content[place:place] = rng.randbytes(rng.choice((1, 4, 100)))
    elif act == "zeros":
        content[place : place + 64] = bytes(64)
    elif act == "digits":
        shape = rng.choice((b"(-1, 2)", b"(9999999999999, 2)", b"(40, ", b"(4e1, 2)"))
        content = bytearray(bytes(content).replace(b"(40, 2)", shape))
    else:
        content += content[place:]
    return bytes(content), act


OPTIONS = {
    ".csv": (
        ":header=true",
        ":header=false",
        ":drop=1",
        ":drop=a",
        ":decimal=comma",
        ":decimal=point",
        ":holdout=0.5",
    ),
    ".npy": (":drop=1", ":drop=a", ":key=a", ":holdout=0.5"),
    ".npz": (":key=a", ":key=b", ":drop=1"),
    ".parquet": (":drop=1", ":drop=a0", ":header=true"),
}


def data_file(rng: random.Random, folder: Path) -> Case:
    """A file of data that is none, or nearly none, as data or as samples."""
    suffix = rng.choice((".csv", ".csv", ".npy", ".npz", ".parquet"))
    if suffix == ".csv":
        content = _text_table(rng)
    elif suffix == ".parquet":
        content = _parquet(rng)
    elif suffix == ".npy":
        content = _bytes_of(lambda file: np.save(file, _array(rng), allow_pickle=True))
    else:
        names = rng.sample(("a", "b", "é", "\x1b[1m", "file"), rng.choice((0, 1, 1, 2)))
        save = rng.choice((np.savez, np.savez_compressed))
        content = _bytes_of(
            lambda file: save(file, **{name: _array(rng) for name in names if name != "file"})
        )
    act = "as it is"
    if rng.random() < 0.6:
        content, act = damaged(rng, content)
    ending = suffix
    if rng.random() >= 0.95:
        ending = rng.choice((".csv", ".npy", ".npz", ".parquet", ".txt"))
    path = folder / f"given{ending}"
    path.write_bytes(content)
    option = "" if rng.random() < 0.7 else rng.choice(OPTIONS[suffix])
    briefly = "-n 20 --seeds 1 --metrics energy"
    commands = [
        f"evaluate plane.csv -d given{option} {briefly}",
        f"evaluate given{option} -d ring {briefly}",
        f"evaluate given{option} --train rows.csv --holdout given {briefly}",
        f"train autoencoder -d given{option} -o new --steps 1 --no-record",
    ]
    command = rng.choice(commands)
    words = [word.replace("given", path.name) for word in command.split()]
    return Case("data file", words, f"{suffix} {act}")


WRONG: list[Any] = [
    5, -1, 0, 1.5, 10**18, 10**30, 1e308, True, None,
    "", "text", "\x1b[31m", "\0", "x" * 5000,
    [], [1], ["a"], [[]], [None], {}, {"a": 1}, {"": {}},
    "/../../escaped/q", "ring:modes=9", ["ring", "ring"], [{}], "1e400", "=1+1",
]  # fmt: skip


def spoilt(rng: random.Random, value: Any) -> Any:
    """A JSON value in which something is replaced, removed or added."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        act = rng.random()
        if act < 0.1:
            return {other: part for other, part in value.items() if other != key}
        if act < 0.2:
            return {
                **value,
                rng.choice(("", "new", "\x1b[31m", "/../../escaped/q", "=x")): rng.choice(WRONG),
            }
        return {**value, key: spoilt(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.7:
        place = rng.randrange(len(value))
        return [*value[:place], spoilt(rng, value[place]), *value[place + 1 :]]
    return rng.choice(WRONG)


SMALL_PROTOCOL: dict[str, Any] = {
    "format": 1,
    "description": "small",
    "reference": "",
    "models": ["L=autoencoder"],
    "sources": ["ring"],
    "recipe": {"steps": 1, "batch_size": 4, "betas": [0.5, 0.9]},
    "recipes": {"L=autoencoder": {"learning_rate": {"autoencoder": 0.1}}},
    "seeds": 1,
    "metrics": "energy",
    "match": "",
}
SMALL_BENCH: dict[str, Any] = {
    "format": 1,
    "description": "small",
    "profiles": {"quick": {key: value for key, value in SMALL_PROTOCOL.items() if key != "format"}},
    "published": [{"reference": "r", "setting": "s", "columns": ["a"], "rows": {"x": ["1"]}}],
    "differences": "none",
}


def written_plan(rng: random.Random, folder: Path) -> Case:
    """A protocol or a bench with a field of another kind."""
    bench = rng.random() < 0.4
    value = spoilt(rng, SMALL_BENCH if bench else SMALL_PROTOCOL)
    if rng.random() < 0.2:
        value = spoilt(rng, value)
    content, act = json.dumps(value).encode(), "spoilt"
    if rng.random() < 0.15:
        content, act = damaged(rng, content)
    (folder / "given.json").write_bytes(content)
    command = "bench given.json" if bench else "compare --protocol given.json"
    words = f"{command} -o out --workers 1 --no-record".split()
    return Case("protocol", words, f"{act}: {content.decode(errors='replace')[:1500]}")


def _spoil_archive(rng: random.Random, path: Path) -> str:
    """One array of an archive with another shape, type or name, or none."""
    with np.load(path) as archive:
        arrays = dict(archive)
    name = rng.choice(list(arrays))
    act = rng.choice(("gone", "other", "other", "short", "renamed", "text"))
    if act == "gone":
        del arrays[name]
    elif act == "short":
        arrays[name] = arrays[name][:-1] if arrays[name].ndim else np.zeros(3)
    elif act == "renamed":
        arrays[name + "x"] = arrays.pop(name)
    elif act == "text":
        arrays[name] = arrays[name].astype("U8")
    else:
        arrays[name] = rng.choice(
            (
                np.zeros(0),
                np.zeros((2, 2)),
                np.array(5),
                np.array(["a"]),
                np.full(3, np.nan),
                arrays[name] * 0 - 1 if arrays[name].dtype.kind in "fiu" else np.array(0),
            )
        )
    np.savez_compressed(path, **arrays)
    return f"{path.name}: {name} {act}"


def _spoil_file(rng: random.Random, path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".json" and rng.random() < 0.75:
        path.write_text(json.dumps(spoilt(rng, json.loads(content))))
        return f"{path.name}: spoilt"
    if path.suffix == ".npz" and rng.random() < 0.75:
        return _spoil_archive(rng, path)
    if rng.random() < 0.1:
        path.unlink()
        if rng.random() < 0.4:
            path.mkdir()
        return f"{path.name}: gone"
    content, act = damaged(rng, content)
    path.write_bytes(content)
    return f"{path.name}: {act}"


def run_folder(rng: random.Random, folder: Path) -> Case:
    """A stored run or comparison of which a file is damaged."""
    whole = rng.random() < 0.45
    origin = folder / ("comparison" if whole else "run")
    copy = folder / "damaged"
    shutil.copytree(origin, copy)
    wanted = (".json", ".npz", ".npy", ".safetensors")
    files = sorted(path for path in copy.rglob("*") if path.suffix in wanted and path.is_file())
    done = _spoil_file(rng, rng.choice(files))
    if rng.random() < 0.1:
        (folder / "damaged" / rng.choice(("config.json", "history.npz", "report.html"))).unlink(
            missing_ok=True
        )
    one = sorted(copy.rglob("config.json"))
    inner = str(one[0].parent.relative_to(folder)) if one else "damaged"
    commands = [
        f"sample {inner} -n 5 -o new.csv",
        f"evaluate {inner} -d ring -n 20 --metrics energy",
        f"film {inner} -o new.gif",
    ]
    if whole:
        commands[2] = "film damaged -o new.gif"
        commands.append("report damaged")
        commands.append(f"compare -m autoencoder -d ring -o damaged --workers 1 {SMALL}")
    return Case("run folder", rng.choice(commands).split(), done)


KINDS: tuple[tuple[str, int], ...] = (
    ("command line", 9),
    ("data file", 7),
    ("protocol", 4),
    ("run folder", 5),
)
"""What is made how often."""


def cases(seed: int, count: int, folder: Path) -> Iterator[Case]:
    """So many inputs; what the last one left in the folder is cleared before the next is made."""
    rng = random.Random(seed)
    names, weights = zip(*KINDS, strict=True)
    for _ in range(count):
        clear(folder)
        kind = rng.choices(names, weights)[0]
        if kind == "command line":
            yield command_line(rng)
        elif kind == "data file":
            yield data_file(rng, folder)
        elif kind == "protocol":
            yield written_plan(rng, folder)
        else:
            yield run_folder(rng, folder)


KEPT = {
    "run", "comparison", "rows.csv", "rows.npy", "rows.npz", "plane.csv", "small.json",
    "bench.json", "pipe.csv", "pipe.npy", "folder.csv", "none.npz",
}  # fmt: skip


def clear(folder: Path) -> None:
    """Remove all that a case made."""
    for path in folder.iterdir():
        if path.name in KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def furnish(folder: Path, main: Callable[[Words], int]) -> None:
    """Files, a run and a comparison that commands find in the folder."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    np.savetxt(folder / "plane.csv", rows, delimiter=",")
    np.savetxt(folder / "rows.csv", rows, delimiter=",", header="a,b", comments="")
    np.save(folder / "rows.npy", rows)
    np.savez(folder / "rows.npz", a=rows, b=rows)
    np.savez(folder / "none.npz")
    (folder / "small.json").write_text(json.dumps(SMALL_PROTOCOL))
    (folder / "bench.json").write_text(json.dumps(SMALL_BENCH))
    os.mkfifo(folder / "pipe.csv")
    os.mkfifo(folder / "pipe.npy")
    (folder / "folder.csv").mkdir()
    assert main(["train", "vae", "-d", "ring", "-o", "run", "--steps", "3"]) == 0
    command = f"compare -m autoencoder -d ring -o comparison --workers 1 {SMALL}"
    assert main(command.split()) == 0
