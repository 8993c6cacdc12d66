"""Formulas as MathML, which browsers draw themselves: no script, no network."""

import re

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.logging import getLogger

THIN = '<mspace width="0.1667em"></mspace>'
NAME = re.compile(
    r"(</m(?:i|n|sub|sup|subsup|row|frac|sqrt)>|<mo stretchy=.false.>\)</mo>)"
    r"(\s*<mi>(?:log|exp)</mi>)"
)
ARGUMENT = re.compile(r"(<mo>&ApplyFunction;</mo>)(?!\s*<mo[^>]*>[(\[])(\s*<m)")


def inline(self, node):
    self.body.append(formula(node))
    raise SkipNode


def display(self, node):
    self.body.append(f'<div class="math">{formula(node, as_block=True)}</div>')
    raise SkipNode


def formula(node, **options):
    """MathML of a node's LaTeX; what cannot be read is a warning that says where it stands.

    Browsers leave no room around a function's name: a thin space comes before it, and after it but
    before a bracket."""
    try:
        markup = tex2mathml(node.astext(), **options)
        markup = NAME.sub(rf"\1{THIN}\2", markup)
        return ARGUMENT.sub(rf"\1{THIN}\2", markup)
    except MathError as error:
        getLogger(__name__).warning("%s in %s", error, node.astext(), location=node)
        return ""


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
