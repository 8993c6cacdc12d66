"""The page: the answer first, then a section for each source."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

from genzoo.figures.profiles import profile_figure
from genzoo.figures.ranks import FEWEST, mean_ranks, rank_figure, ranked_sources
from genzoo.figures.style import CONTROLS, LIGHT, RowStyle, row_styles
from genzoo.reporting.charts import inline_svg, theme_css
from genzoo.reporting.elements import bullets, cells, folded, row_heading, scrolled
from genzoo.reporting.opening import opening
from genzoo.reporting.payload import embedded, player_data
from genzoo.reporting.pictures import PagePicture, section_pictures
from genzoo.reporting.story import SourceStory, Story
from genzoo.results.making import making_sentences
from genzoo.results.table import SourceTable, format_cell

LARGEST = 14_000_000
"""Characters of a page; where films would make it larger, they lose frames."""

OWN_SCRIPTS = ("views.js", "generation.js", "conditions.js", "charts.js", "player.js")
"""The parts of the page's script, in order."""

BEGINNING = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="'
)
"""How every page begins, by which it is known."""


def report_page(story: Story, drawn: Mapping[str, str] | None = None) -> str:
    """A comparison as one HTML page that asks nothing of the network.

    Its content security policy lets no request out and runs no script but the page's own, named by
    its hash; every name from outside is escaped.

    Args:
        story: The comparison to tell of.
        drawn: By key, those of its `page_pictures` that are drawn already.
    """
    script = ""
    if any(source.is_filmed for source in story.sources):
        script = _script()
    described = story.facts.get("described", {})
    parts = [
        f'{BEGINNING}{escape(_policy(script))}">',
        _refresh(story, bool(script)),
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(_title(story))}</title>",
        f"<style>{theme_css()}{_static('style.css')}</style></head><body>",
        '<a class="skip" href="#sources">Skip to the sources</a>',
        opening(story, _over_all(story)),
        '<main id="sources">',
    ]
    for number, source in enumerate(story.sources):
        parts.append(_section(number, source, described, drawn or {}))
    parts += ["</main>", _closing(story)]
    if script:
        room = LARGEST - sum(map(len, parts)) - len(script)
        parts.append(_data(story, room))
        parts.append(f"<script>{script}</script>")
    parts.append("</body></html>\n")
    return "".join(parts)


def _policy(script: str) -> str:
    """What the page may load and run."""
    allowed = _hash(script) if script else "'none'"
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; img-src data:"


def _refresh(story: Story, scripted: bool) -> str:
    """Let the page load itself again.

    Where there is a film, its script does so instead, and waits while somebody watches.
    """
    if not story.refresh:
        return ""
    tag = f'<meta http-equiv="refresh" content="{int(story.refresh)}">'
    if scripted:
        return f"<noscript>{tag}</noscript>"
    return tag


def _data(story: Story, room: int) -> str:
    """What the page's script reads."""
    colours = {}
    for table in story.tables:
        for name, style in row_styles(table.rows, LIGHT).items():
            colours[name] = _colour(style)
    data = {
        "sources": player_data(story, room),
        "colours": colours,
        "refresh": story.refresh or 0,
    }
    return f'<script type="application/json" id="data">{embedded(data)}</script>'


def _title(story: Story) -> str:
    if not story.sources:
        return "genzoo"
    names = ", ".join(table.source for table in story.tables)
    return f"genzoo: {names}"


def _over_all(story: Story) -> str:
    """The models over all sources, where there are enough of them."""
    parts = []
    if story.summary is not None:
        caption = "Ranks and scores of the models; the remarks say how they are made"
        parts.append("<h2>Over all sources</h2>")
        parts.append(_table(story.summary, {}, caption))
        parts.append(_headed("What can be concluded", story.summary.conclusions))
        parts.append(folded("Remarks", bullets(story.summary.remarks)))
    figures = _figures_over_all(story)
    if figures:
        parts.append(f"<div class=side>{figures}</div>")
    if not parts:
        return ""
    return f"<section>{''.join(parts)}</section>"


def _figures_over_all(story: Story) -> str:
    tables = story.tables
    figures = ""
    if ranked_sources(tables) >= FEWEST and mean_ranks(tables):
        label = "Mean ranks of the models over sources"
        figures += f"<figure>{inline_svg(rank_figure(tables), label, 'ranks')}</figure>"
    if story.profiles is not None:
        label = "Performance profiles over sources"
        figure = profile_figure(story.profiles)
        figures += f"<figure>{inline_svg(figure, label, 'profiles')}</figure>"
    return figures


def _section(
    number: int, source: SourceStory, described: Mapping[str, str], drawn: Mapping[str, str]
) -> str:
    table = source.table
    key = f"s{number}"
    parts = [f'<section id="{key}" class=source><h2>{escape(table.source)}</h2>']
    if source.is_filmed:
        parts.append(f'<div class=player data-source="{number}" id="{key}-player"></div>')
        parts.append("<noscript><p>The film of the training needs JavaScript.</p></noscript>")
    parts.append("<h3>Scores</h3>")
    parts.append(_table(table, described))
    parts.append(_headed("What can be concluded", table.conclusions))
    parts.append(_headed("Remarks", table.remarks))
    for picture in section_pictures(number, source):
        parts.append(_picture(picture, drawn))
    parts.append("</section>")
    return "".join(parts)


SUMMARIES = {"scores": "Scores as a picture", "losses": "Losses and monitors over all seeds"}


def _picture(picture: PagePicture, drawn: Mapping[str, str]) -> str:
    svg = drawn.get(picture.key) or picture.drawn()
    summary = SUMMARIES[picture.kind]
    return folded(summary, scrolled(svg, summary), opened=True)


CAPTION = "Mean ± half-width of the 95 % interval over seeds"


def _table(table: SourceTable, described: Mapping[str, str], caption: str = CAPTION) -> str:
    head = ""
    for column in table.columns:
        meaning = escape(described.get(column.name, ""))
        head += f'<th scope=col title="{meaning}">{escape(column.header)}</th>'
    lines = ""
    for row in table.rows:
        texts = [format_cell(table.cells.get((row, column.name))) for column in table.columns]
        start = "<tr class=control>" if row in CONTROLS else "<tr>"
        lines += f"{start}{row_heading(row)}{cells(texts)}</tr>"
    label = f'aria-label="Scores on {escape(table.source)}"'
    parts = [
        f"<div class=wide tabindex=0 role=region {label}><table>",
        f"<caption>{caption}</caption>",
        f"<thead><tr><td></td>{head}</tr></thead>",
        f"<tbody>{lines}</tbody>",
        "</table></div>",
    ]
    return "".join(parts)


def _headed(heading: str, sentences: Sequence[str]) -> str:
    """Sentences under a heading; nothing where there is none."""
    if not sentences:
        return ""
    return f"<h3>{heading}</h3>{bullets(sentences)}"


def _closing(story: Story) -> str:
    facts = json.dumps(story.facts, indent=2, default=str)
    parts = ['<footer id="made"><h2>How it was made</h2>']
    if story.command:
        parts.append(f"<pre><code>{escape(story.command)}</code></pre>")
    for sentence in making_sentences(story.made):
        parts.append(f"<p>{escape(sentence)}</p>")
    parts.append(folded("Configuration", f"<pre>{escape(facts)}</pre>"))
    parts.append("<p>This page is complete in itself: it loads nothing and sends nothing.</p>")
    parts.append("</footer>")
    return "".join(parts)


def _colour(style: RowStyle) -> Mapping[str, object]:
    name = "--control"
    if not style.control:
        name = f"--row-{LIGHT.palette.index(style.colour)}"
    return {"css": name, "dashed": style.dashed}


def _script() -> str:
    """The page's own script."""
    return "".join(map(_static, OWN_SCRIPTS))


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _static(name: str) -> str:
    file = resources.files("genzoo.reporting") / "static" / name
    return file.read_text(encoding="utf-8")
