"""Whatever is cited is in docs/references.md with a link, and citations become links to it."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINKS = {
    "lin et al. 2018": "https://pacgan.org",
    "metz et al. 2017": "https://unrolled.org",
    "szekely and rizzo 2013": "https://energy.org",
}


def module():
    spec = importlib.util.spec_from_file_location("docs_citations", DOCS / "citations.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


citations = module()


def texts_of(script: Path) -> list[str]:
    """The docstrings and all other texts of a module, for tables of the pages are made of both."""
    source = script.read_text(encoding="utf-8")
    if not re.search(r"\b(?:18|19|20)\d\d", source):
        return []
    tree = ast.parse(source)
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node.value for node in constants if isinstance(node.value, str)]


def cited() -> dict[str, str]:
    """Where a work is cited, by the key of its citation."""
    texts = []
    for page in DOCS.rglob("*.md"):
        if page.stem != citations.REFERENCES:
            texts.append((page, page.read_text(encoding="utf-8")))
    for script in [*(ROOT / "examples").glob("*.py"), *DOCS.glob("*.py")]:
        texts.append((script, script.read_text(encoding="utf-8")))
    for script in (ROOT / "genzoo").rglob("*.py"):
        for text in texts_of(script):
            texts.append((script, text))
    found = {}
    for path, text in texts:
        for citation in citations.citations(text):
            found[citations.key(citation)] = f"{citation} in {path.relative_to(ROOT)}"
    return found


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / f"{citations.REFERENCES}.md").read_text(encoding="utf-8")


def test_whatever_is_cited_is_in_the_references_and_nothing_else_is(page):
    works, found = citations.works(page), cited()
    assert not [where for key, where in found.items() if key not in works]
    assert not [key for key in works if key not in found]


def test_every_entry_is_read_and_has_a_link(page):
    entries = citations.entries(page)
    assert len(entries) == page.count("\n- ")
    assert not [citation for citation, url in entries if not url]


def test_references_are_sorted(page):
    names = [citations._plain(citation) for citation, _ in citations.entries(page)]
    assert names == sorted(names)


def test_two_works_of_one_author_and_year_need_letters():
    entry = "- **Lin et al. 2018{}.** [Title](https://a.org). Z. Lin.\n"
    assert len(citations.works(entry.format("a") + entry.format("b"))) == 2
    with pytest.raises(ValueError, match=r"lin et al\. 2018"):
        citations.works(entry.format("") + entry.format(""))


def test_an_entry_without_a_link_is_seen():
    assert citations.entries("- **Lin 1991.** Title, no link.\n") == [("Lin 1991", "")]


@pytest.mark.parametrize(
    ("citation", "key"),
    [
        ("Lin 1991", "lin 1991"),
        ("Lin et al. (2018)", "lin et al. 2018"),
        ("Lin et al., 2018b", "lin et al. 2018b"),
        ("Székely and Rizzo 2013", "szekely and rizzo 2013"),
        ("Nowozin, Cseke and Tomioka 2016", "nowozin et al. 2016"),
        ("Theis, van den Oord and Bethge 2016", "theis et al. 2016"),
        ("van den Burg and\n    Williams 2021", "van den burg and williams 2021"),
        ("Lopez-Paz and Oquab 2017", "lopez-paz and oquab 2017"),
    ],
)
def test_a_work_has_one_key_however_it_is_cited(citation, key):
    assert citations.citations(citation) == [" ".join(citation.split())]
    assert citations.key(citation) == key


@pytest.mark.parametrize(
    "text",
    [
        "the year 2018",
        "In 2018",
        "7 May 2018",
        "Lin et al. call it so",
        "Lin\n\n2018",
        "2,018 rows of Lin",
    ],
)
def test_what_is_no_citation(text):
    assert citations.citations(text) == []


def test_two_citations_in_one_parenthesis():
    text = "packing (PacGAN, Lin et al. 2018; Metz et al. 2017, section 2)"
    assert citations.link_markdown(text, LINKS) == (
        "packing (PacGAN, [Lin et al. 2018](https://pacgan.org);"
        " [Metz et al. 2017](https://unrolled.org), section 2)"
    )
    assert citations.link_rst(text, LINKS) == (
        "packing (PacGAN, `Lin et al. 2018 <https://pacgan.org>`__;"
        " `Metz et al. 2017 <https://unrolled.org>`__, section 2)"
    )


def test_a_citation_over_two_lines_becomes_one_link():
    text = "energy (Székely\n    and Rizzo 2013).\n\nNext."
    assert citations.link_rst(text, LINKS) == (
        "energy (`Székely and Rizzo 2013 <https://energy.org>`__).\n\nNext."
    )


def test_a_year_in_parentheses_belongs_to_the_link():
    assert citations.link_markdown("of Lin et al. (2018): so", LINKS) == (
        "of [Lin et al. (2018)](https://pacgan.org): so"
    )
    assert citations.link_markdown("Lin et al. (2018, table 1)", LINKS) == (
        "[Lin et al. (2018](https://pacgan.org), table 1)"
    )


def test_a_work_that_is_not_in_the_references_is_left_alone():
    assert citations.link_markdown("Lin 1991", LINKS) == "Lin 1991"


@pytest.mark.parametrize(
    "text",
    [
        "# Lin et al. 2018\n",
        "`Lin et al. 2018`",
        "```python\n# Lin et al. 2018\n```\n",
        "````\n```\nLin et al. 2018\n```\n````\n",
        "```\nnever closed: Lin et al. 2018",
        "<!-- Lin et al. 2018 -->",
        "<b>Lin et al. 2018</b>",
        '<img alt="Lin et al. 2018">',
        "[Lin et al. 2018](page.md)",
        "![Lin et al. 2018](picture.png)",
        ":::{figure} picture.png\n:alt: Figure 1 of Lin et al. 2018\n:::\n",
    ],
)
def test_markdown_that_is_left_as_it_is(text):
    assert citations.link_markdown(text, LINKS) == text


@pytest.mark.parametrize(
    "text",
    [
        "Lin et al. 2018\n===============\n",
        "`Lin et al. 2018`",
        "``Lin et al. 2018``",
        "`Lin et al. 2018 <https://else.org>`__",
        ".. code-block:: python\n\n   # Lin et al. 2018\n",
        "   .. figure:: a.png\n      :alt: Lin et al. 2018\n\n      Lin et al. 2018\n",
        "Example::\n\n    Lin et al. 2018\n",
        '>>> cite("Lin et al. 2018")\nLin et al. 2018\n',
    ],
)
def test_rst_that_is_left_as_it_is(text):
    assert citations.link_rst(text, LINKS) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Title\n\n", "\n"),
        ("```\ncode\n```\n", " and `code`"),
        (":::{figure} picture.png\n:alt: Nothing\n\n", "\n:::\n"),
        ("| [a](b) | ", " |"),
    ],
)
def test_markdown_beside_what_is_left_is_linked(before, after):
    linked = citations.link_markdown(f"{before}Lin et al. 2018{after}", LINKS)
    assert linked == f"{before}[Lin et al. 2018](https://pacgan.org){after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Title\n=====\n\n", "\n"),
        (".. code-block:: python\n\n   code\n\n", "\n"),
        (":param x: Of `code` (", ").\n:returns: Nothing."),
        (">>> 1 + 1\n2\n\n", "\n"),
    ],
)
def test_rst_beside_what_is_left_is_linked(before, after):
    linked = citations.link_rst(f"{before}Lin et al. 2018{after}", LINKS)
    assert linked == f"{before}`Lin et al. 2018 <https://pacgan.org>`__{after}"
