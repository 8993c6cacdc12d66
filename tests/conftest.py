"""Settings for every test: one thread for each process, no deadlines, and an ear for Ctrl-C."""

import os
import signal
import threading

os.environ["OMP_NUM_THREADS"] = "1"  # tiny nets run faster so, and xdist already uses the cores
os.environ["MPLBACKEND"] = "agg"

from hypothesis import settings

settings.register_profile("genzoo", deadline=None, print_blob=True)
settings.load_profile("genzoo")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # a shell starts background jobs deaf to Ctrl-C; the tests of it, and what they start, must hear it
    signal.signal(signal.SIGINT, signal.default_int_handler)
