"""Citations as links: where a page or a docstring says "Lin et al. 2018", the reader can click.

The works are those of references.md. An entry begins with its citation in bold, and its first link
is the work. A citation may be shorter than the entry ("Nowozin et al. 2016" for three authors), may
leave out accents, and may put its year in parentheses.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
REFERENCES = "references"

_GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*)"
_PARTICLES = rf"(?:(?:van|von|der|den|de|del|di|la){_GAP})*"
_NO_NAMES = (
    "In|Since|Until|By|Before|After|From|January|February|March|April|May|June|July|August"
    "|September|October|November|December"
)
_NAME = rf"{_PARTICLES}(?!(?:{_NO_NAMES})\b)(?![a-zà-öø-ÿ])[^\W\d_][\w'’-]+"
_OTHERS = rf"{_GAP}et{_GAP}al\.?"
_MORE_NAMES = rf"(?:,{_GAP}{_NAME})*,?{_GAP}and{_GAP}{_NAME}"
_YEAR = r"(?:18|19|20)\d\d[a-z]?\b"
CITATION = re.compile(
    rf"(?<![\w'’-])(?P<names>{_NAME}(?:{_OTHERS}|{_MORE_NAMES})?),?{_GAP}"
    rf"(?:\((?P<year_in_parentheses>{_YEAR})\)?|(?P<year>{_YEAR}))"
)

_ENTRY = re.compile(r"^- \*\*(?P<citation>.+?)\.\*\*(?P<text>.*(?:\n  .*)*)", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]+\]\((?P<url>https?://[^\s)]+)\)")

# What is left as it is, in Markdown: code, headings, HTML, options of directives, links.
_MARKDOWN_KEPT = re.compile(
    r"""
    ^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)[`~]*[ ]*$|\Z)
    | (?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)
    | ^\#{1,6}[ ][^\n]*
    | <!--.*?-->
    | <(?P<tag>[A-Za-z][\w-]*)[^<>\n]*>.*?</(?P=tag)>
    | </?[A-Za-z][^<>\n]*>
    | ^:{3,}[^\n]*
    | ^:[\w-]+:[^\n]*
    | !?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)

# The same in reStructuredText: titles, directives with their contents, literal blocks, doctests,
# and everything between backticks.
_BLOCK = r"(?:[ ]*\n|(?P=indent)[ ]+\S[^\n]*(?:\n|\Z))*"
_RST_KEPT = re.compile(
    rf"""
    ^[^\n]+\n(?P<line>[=\-~^"'*+\#])(?P=line){{2,}}[ ]*$
    | ^(?P<indent>[ ]*)(?:\.\.[ ][^\n]*|[^\n]*::)(?:\n|\Z){_BLOCK}
    | ^[ ]*>>>[^\n]*(?:\n[ ]*\S[^\n]*)*
    | (?P<tick>`+)[^`]+(?P=tick)_{{0,2}}
    """,
    re.VERBOSE | re.MULTILINE,
)


def key(citation: str) -> str:
    """The same for all ways of citing a work: "nowozin et al. 2016", "lim and ye 2017"."""
    found = CITATION.fullmatch(citation)
    if found is None:
        raise ValueError(f"{citation!r} is not a citation")
    names = re.split(r",? and |, ", _plain(found["names"]))
    first = re.sub(r" et al\.?$", "", names[0])
    year = found["year"] or found["year_in_parentheses"]
    if len(names) > 2 or first != names[0]:
        return f"{first} et al. {year}"
    return f"{' and '.join(names)} {year}"


def citations(text: str) -> list[str]:
    """All citations of a text, on one line each."""
    return [" ".join(found[0].split()) for found in CITATION.finditer(text)]


def entries(page: str) -> list[tuple[str, str]]:
    """Citation and link of every entry of a page of references; "" where there is no link."""
    found = []
    for entry in _ENTRY.finditer(page):
        url = ""
        link = _LINK.search(entry["text"])
        if link:
            url = link["url"]
        found.append((entry["citation"], url))
    return found


def works(page: str) -> dict[str, str]:
    """Link by `key`; two works under one key need letters after their years."""
    links: dict[str, str] = {}
    for citation, url in entries(page):
        if key(citation) in links:
            raise ValueError(f"two works are cited as {key(citation)!r}: give them letters")
        links[key(citation)] = url
    return links


def link_markdown(text: str, links: dict[str, str]) -> str:
    """A Markdown text whose citations are links."""
    return _outside(_MARKDOWN_KEPT, text, lambda part: _linked(part, links, "[{}]({})"))


def link_rst(text: str, links: dict[str, str]) -> str:
    """A reStructuredText whose citations are links."""
    return _outside(_RST_KEPT, text, lambda part: _linked(part, links, "`{} <{}>`__"))


def _plain(names: str) -> str:
    """Lower case, without accents, on one line."""
    names = " ".join(names.lower().split()).replace("ø", "o")
    letters = unicodedata.normalize("NFKD", names)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _outside(kept: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """The text, changed wherever the pattern does not match."""
    parts = []
    end = 0
    for found in kept.finditer(text):
        parts.append(change(text[end : found.start()]))
        parts.append(found[0])
        end = found.end()
    parts.append(change(text[end:]))
    return "".join(parts)


def _linked(text: str, links: dict[str, str], form: str) -> str:
    def link(found: re.Match[str]) -> str:
        url = links.get(key(found[0]))
        if not url:
            return found[0]
        return form.format(" ".join(found[0].split()), url)

    return CITATION.sub(link, text)


@cache
def _read_works() -> dict[str, str]:
    return works((FOLDER / f"{REFERENCES}.md").read_text(encoding="utf-8"))


def _link_page(app, name, source):
    """Pages in Markdown; the gallery and the list of modules are reStructuredText."""
    if name == REFERENCES:
        return
    if app.env.doc2path(name).suffix == ".md":
        source[0] = link_markdown(source[0], _read_works())
    else:
        source[0] = link_rst(source[0], _read_works())


def _link_docstring(app, what, name, obj, options, lines):
    lines[:] = link_rst("\n".join(lines), _read_works()).split("\n")


def _pages_that_cite(app, env, added, changed, removed):
    """All pages are read again when the references have changed."""
    if REFERENCES in changed:
        return sorted(env.found_docs)
    return []


def setup(app):
    app.connect("source-read", _link_page)
    # After `_plain_docstring` of conf.py (400), which would escape the links, and after napoleon
    # (500), which takes a colon for the end of a type.
    app.connect("autodoc-process-docstring", _link_docstring, priority=600)
    app.connect("env-get-outdated", _pages_that_cite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
