"""rankfold: fold recommender vectors 10 to 60 times smaller, and say what it cost the ranking."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .adaptive.stopping import compress_stopping
    from .adaptive.tiers import compress_tiered
    from .codecs import from_spec
    from .compression import compress, encode
    from .distillation.distil import distil
    from .distillation.pruning import prune
    from .distillation.student import student
    from .errors import RankfoldError
    from .fitting.exposure import exposure
    from .interactions import Interactions, read_interactions
    from .partitioning import Lists, partitioned
    from .search import PartitionSearcher, Ranking, Rows, Searcher, choose_probes
    from .store import load, save
    from .store.verify import verify
    from .table import Table
    from .training.sparse import train_sparse
    from .tune.decide import decide
    from .tune.ladder import tiered
    from .tune.sharing import share
    from .vectors import Vectors, as_vectors, read_vectors

__version__ = "0.1.0"

__all__ = [
    "Interactions",
    "Lists",
    "PartitionSearcher",
    "RankfoldError",
    "Ranking",
    "Rows",
    "Searcher",
    "Table",
    "Vectors",
    "as_vectors",
    "choose_probes",
    "compress",
    "compress_stopping",
    "compress_tiered",
    "decide",
    "distil",
    "encode",
    "exposure",
    "from_spec",
    "load",
    "partitioned",
    "prune",
    "read_interactions",
    "read_vectors",
    "save",
    "share",
    "student",
    "tiered",
    "train_sparse",
    "verify",
]

# Names load when they are first used: `rankfold --version` needs none of them, and numpy alone takes longer than the answer.
_HOMES = {
    "Interactions": "interactions",
    "Lists": "partitioning",
    "PartitionSearcher": "search",
    "Ranking": "search",
    "RankfoldError": "errors",
    "Rows": "search",
    "Searcher": "search",
    "Table": "table",
    "Vectors": "vectors",
    "as_vectors": "vectors",
    "choose_probes": "search",
    "compress": "compression",
    "compress_stopping": "adaptive.stopping",
    "compress_tiered": "adaptive.tiers",
    "decide": "tune.decide",
    "distil": "distillation",
    "encode": "compression",
    "exposure": "fitting.exposure",
    "from_spec": "codecs",
    "load": "store",
    "partitioned": "partitioning",
    "prune": "distillation",
    "read_interactions": "interactions",
    "read_vectors": "vectors",
    "save": "store",
    "share": "tune.sharing",
    "student": "distillation",
    "tiered": "tune.ladder",
    "train_sparse": "training.sparse",
    "verify": "store",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'rankfold' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
