"""Ranking a table: exact over its codes, in blocks, with masks."""

from .ranking import Ranking
from .rows import Rows
from .searcher import Searcher

__all__ = ["Ranking", "Rows", "Searcher"]
