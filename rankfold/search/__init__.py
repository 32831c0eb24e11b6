"""Ranking a table: exact over its codes, in blocks, with masks."""

from .aligned import Aligned
from .attributefile import read_attributes
from .attributes import Attributes, attributes_of
from .conditions import Where, parse_where, where
from .factors import FactorSearcher
from .hot import HotRows, HotSearcher
from .inverted import InvertedSearcher
from .probechoice import ProbeChoice, choose_probes
from .probing import PartitionSearcher
from .ranking import Ranking
from .rows import Rows
from .searcher import Searcher

__all__ = [
    "Aligned",
    "Attributes",
    "FactorSearcher",
    "HotRows",
    "HotSearcher",
    "InvertedSearcher",
    "PartitionSearcher",
    "ProbeChoice",
    "Ranking",
    "Rows",
    "Searcher",
    "Where",
    "attributes_of",
    "choose_probes",
    "parse_where",
    "read_attributes",
    "where",
]
