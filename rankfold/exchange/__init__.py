"""Sparse codes out to other engines: writers that know what each can hold, and checks through the engines themselves."""

from .check import Checked, check
from .contract import Contract
from .export import Exported, export, export_rows
from .pairs import Pairs, write_pairs
from .registry import ENGINES
from .rows import SparseRows, rows_of, sparse_rows

__all__ = ["ENGINES", "Checked", "Contract", "Exported", "Pairs", "SparseRows", "check", "export", "export_rows", "rows_of", "sparse_rows", "write_pairs"]
