"""Ranking a table: exact over its codes, in blocks, with masks."""

from .aligned import Aligned
from .ranking import Ranking
from .rows import Rows
from .searcher import Searcher

__all__ = ["Aligned", "Ranking", "Rows", "Searcher"]
