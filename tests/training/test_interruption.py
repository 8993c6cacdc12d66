import os
import signal
import threading

import pytest

from genzoo.signals import Interruption


def press():
    os.kill(os.getpid(), signal.SIGINT)


class Fragile:
    """Its finaliser is where the user's Ctrl-C arrives."""

    def __del__(self):
        press()


def test_ctrl_c_is_raised_at_once_and_the_handler_put_back():
    before = signal.getsignal(signal.SIGINT)
    with Interruption(), pytest.raises(KeyboardInterrupt):
        press()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_that_a_finaliser_swallows_is_raised_at_the_next_check():
    with Interruption() as interruption:
        interruption.check()
        Fragile()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def test_a_programs_own_handler_is_left_alone():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with Interruption() as interruption:
            press()
            interruption.check()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]


def test_other_threads_may_use_it():
    failures = []

    def work():
        try:
            with Interruption() as interruption:
                interruption.check()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures == []
