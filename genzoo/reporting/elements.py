"""Small pieces of the page as HTML; every text from outside is escaped."""

from collections.abc import Iterable
from html import escape


def paragraph(kind: str, text: str) -> str:
    """A paragraph of a class of the page's style; nothing where the text is empty."""
    if not text:
        return ""
    return f"<p class={kind}>{escape(text)}</p>"


def bullets(sentences: Iterable[str]) -> str:
    """A list of sentences; nothing where there is none."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    if not items:
        return ""
    return f"<ul>{items}</ul>"


def folded(summary: str, content: str, *, opened: bool = False) -> str:
    """Content that unfolds under a summary; both are HTML."""
    start = "<details open>" if opened else "<details>"
    return f"{start}<summary>{summary}</summary>{content}</details>"


def scrolled(figure: str, label: str) -> str:
    """A figure that a narrow screen shows in its own size, a part at a time."""
    role = f'tabindex=0 role=group aria-label="{escape(label)}"'
    return f"<figure class=wide {role}>{figure}</figure>"


def row_heading(name: str, *, title: str = "") -> str:
    """The first cell of a line of a table; its title is shown in full where the cell is cut."""
    if not title:
        return f"<th scope=row>{escape(name)}</th>"
    return f'<th scope=row title="{escape(title)}">{escape(name)}</th>'


def cells(texts: Iterable[str]) -> str:
    """The further cells of a line of a table."""
    return "".join(f"<td>{escape(text)}</td>" for text in texts)
