"""What a command says that it is refused with."""

from genzoo.cli import main
from genzoo.errors import LINE


def refused(words, capsys):
    """The sentence that a command is refused with.

    It is one line of bounded length that a terminal can show.
    """
    status = main(words)
    out, err = capsys.readouterr()
    assert status == 2, err
    assert out == ""
    assert err.startswith("genzoo: error: ")
    assert err.count("\n") == 1
    sentence = err.removeprefix("genzoo: error: ").rstrip("\n")
    assert sentence.isprintable()
    assert len(sentence) <= LINE
    return sentence
