"""One self-contained HTML file about a compression, and a card of the artifact, from plain JSON."""

from .card import card_of, write_card
from .content import ReportContent, Section, check
from .deciding import report_of
from .page import render
from .writing import write_report

__all__ = ["ReportContent", "Section", "card_of", "check", "render", "report_of", "write_card", "write_report"]
