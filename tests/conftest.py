"""Settings for every test: one thread for each process, and no deadlines."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # tiny nets run faster so, and xdist already uses the cores
os.environ["MPLBACKEND"] = "agg"

from hypothesis import settings

settings.register_profile("genzoo", deadline=None, print_blob=True)
settings.load_profile("genzoo")
