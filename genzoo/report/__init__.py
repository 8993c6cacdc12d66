"""The report of a comparison: one self-contained page that opens anywhere and asks nothing of the network."""

from genzoo.report.page import report_page
from genzoo.report.story import ModelStory, SourceStory, Story

__all__ = ["ModelStory", "SourceStory", "Story", "report_page"]
