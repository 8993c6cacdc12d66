"""The report of a comparison.

One self-contained page that opens anywhere and asks nothing of the network. It shows what results
say and computes no score.
"""

from genzoo.reporting.page import BEGINNING, report_page
from genzoo.reporting.pictures import PagePicture, page_pictures
from genzoo.reporting.story import ModelStory, SourceStory, Story

__all__ = [
    "BEGINNING",
    "ModelStory",
    "PagePicture",
    "SourceStory",
    "Story",
    "page_pictures",
    "report_page",
]
