"""How the gallery finds the pictures of a script, and in which order it shows the scripts."""

import shutil
from pathlib import Path

from sphinx_gallery.scrapers import figure_rst

ORDER = (
    "zoo_at_a_glance",
    "figure_1",
    "mode_collapse",
    "latent_space",
    "digits",
    "paintings",
    "two_directions_of_kl",
    "autoencoder_and_pca",
    "observation_variance",
    "change_of_variables",
    "density_bridges",
    "kernel_bandwidth",
    "density_maps",
    "crossing_paths",
    "kernel_width",
    "velocity_field",
    "sampler_steps",
    "guidance",
    "generator_gradients",
    "defects",
    "precision_and_recall",
    "own_data",
    "other_program",
    "own_model",
    "own_features",
    "read_results",
)


def place(name):
    """Where a script stands in the gallery; those that `ORDER` does not name come last."""
    stem = Path(name).stem
    return (ORDER.index(stem) if stem in ORDER else len(ORDER), stem)


def scrape(block, block_vars, gallery_conf):
    """Move the pictures that a block of a script has written to the gallery.

    Those of NAME.py are NAME.png and NAME-more.png.
    """
    script = Path(block_vars["src_file"])
    written = []
    for path in sorted(script.parent.glob("*.png")):
        if path.stem.partition("-")[0] == script.stem:
            written.append(path)
    moved = []
    for path, target in zip(written, block_vars["image_path_iterator"], strict=False):
        moved.append(shutil.move(path, target))
    return figure_rst(moved, gallery_conf["src_dir"])
