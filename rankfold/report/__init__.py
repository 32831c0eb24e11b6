"""One self-contained HTML file about a compression, from plain JSON."""

from .content import ReportContent, Section, check
from .page import render
from .writing import write_report

__all__ = ["ReportContent", "Section", "check", "render", "write_report"]
