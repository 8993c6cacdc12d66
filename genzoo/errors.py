"""The one exception that means: the user can put this right."""

WORD, LINE = 160, 600
"""Characters that a message shows of one word, and in all: what was given may be a megabyte."""


class InputError(ValueError):
    """A mistake in what the user gave: one sentence saying what was got, what was expected and what to do.

    The sentence is brought to one line that a terminal can show, see `one_line`. The command line
    prints it and exits with status 2; any other exception is a defect of genzoo (or of a plug-in)
    and keeps its traceback.
    """

    def __init__(self, sentence: object = "") -> None:
        super().__init__(one_line(str(sentence)))


def one_line(text: str) -> str:
    r"""Text on one line of bounded length, in which control characters are written out.

    >>> one_line("unknown model 'a\x1b[31m'\n")
    "unknown model 'a\\x1b[31m'"
    >>> len(one_line("9" * 10_000))
    160
    """
    words = (_cut(word, WORD) for word in visible(" ".join(text.split())).split(" "))
    return _cut(" ".join(words), LINE)


def visible(text: str) -> str:
    r"""Text in which every character that a terminal would obey or hide is written out.

    >>> visible("red \x1b[31m and \u202e left")
    'red \\x1b[31m and \\u202e left'
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _cut(text: str, limit: int) -> str:
    """The beginning and the end, where a message names what to do."""
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 3]}...{text[-end:]}"
