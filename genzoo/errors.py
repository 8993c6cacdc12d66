"""The one exception that means: the user can put this right; and a warning."""

WORD, LINE = 160, 600
"""Characters that a message shows of one word, and in all: what was given may be a megabyte."""


class InputError(ValueError):
    """A mistake in what the user gave, in one sentence.

    It says what was got, what was expected and what to do. It is brought to one line that a
    terminal can show, see `one_line`. The command line prints it and exits with status 2. Any other
    exception is a defect of genzoo (or of a plug-in) and keeps its traceback.
    """

    def __init__(self, sentence: object = "") -> None:
        super().__init__(one_line(str(sentence)))


class EngineFallback(UserWarning):
    """Training goes on with a slower engine than was asked for, for the reason that it says."""


def one_line(text: str) -> str:
    r"""Text on one line of bounded length, in which control characters are written out.

    >>> one_line("unknown model 'a\x1b[31m'\n")
    "unknown model 'a\\x1b[31m'"
    >>> len(one_line("9" * 10_000))
    160
    """
    line = visible(" ".join(text.split()))
    words = [_cut(word, WORD) for word in line.split(" ")]
    return _cut(" ".join(words), LINE)


def visible(text: str) -> str:
    r"""Text in which every character that a terminal would obey or hide is written out.

    >>> visible("red \x1b[31m and \u202e left")
    'red \\x1b[31m and \\u202e left'
    """
    if text.isprintable():
        return text
    characters = []
    for character in text:
        if not character.isprintable():
            character = ascii(character)[1:-1]
        characters.append(character)
    return "".join(characters)


def _cut(text: str, limit: int) -> str:
    """The beginning and the end, where a message names what to do."""
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 3]}...{text[-end:]}"
