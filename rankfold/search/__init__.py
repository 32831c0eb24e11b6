"""Ranking a table: exact over its codes, in blocks, with masks."""

from .aligned import Aligned
from .inverted import InvertedSearcher
from .ranking import Ranking
from .rows import Rows
from .searcher import Searcher

__all__ = ["Aligned", "InvertedSearcher", "Ranking", "Rows", "Searcher"]
