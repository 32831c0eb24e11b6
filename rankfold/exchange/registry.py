"""Engines by name."""

from ..errors import InputError
from .elasticsearch import ENGINE as ELASTICSEARCH
from .elasticsearch import OPENSEARCH_ENGINE as OPENSEARCH
from .engine import Engine
from .milvus import ENGINE as MILVUS
from .parquetlists import ENGINE as PARQUET
from .pgvector import ENGINE as PGVECTOR
from .qdrant import ENGINE as QDRANT
from .scipycsr import ENGINE as SCIPY
from .seismic import ENGINE as SEISMIC
from .sindi import ENGINE as SINDI

ENGINES: dict[str, Engine] = {one.name: one for one in (SCIPY, PARQUET, QDRANT, PGVECTOR, SINDI, SEISMIC, MILVUS, ELASTICSEARCH, OPENSEARCH)}
# Engines that cannot hold these codes at all, and why.
REFUSED = {
    "bmp": "BMP holds whole numbers of at least 0 only, which would round every value",
    "kannolo": "kANNolo's compact forms turn negative values into 0 without a word; its plain form takes CSR arrays, which scipy's file holds",
    "vespa": "Vespa's fast sparse operators take whole numbers only, which would round every value",
}


def engine_named(name: str) -> Engine:
    """The engine of that name. Raises InputError, with the reason where the engine is known and cannot hold sparse codes."""
    if name in REFUSED:
        raise InputError(f"engine: got {name!r}; {REFUSED[name]}. Expected one of {', '.join(ENGINES)}.")
    if name not in ENGINES:
        raise InputError(f"engine: got {name!r}; expected one of {', '.join(ENGINES)}.")
    return ENGINES[name]
