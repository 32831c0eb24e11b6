"""faiss's inverted lists of fast-scan codes with refinement, the peer of benchmarks/partitions.py: trained once on its own terms, kept in a folder."""

from pathlib import Path

import faiss
import numpy as np

from rankfold.arrays import F32
from rankfold.vectors import Vectors

LISTS = 4_096
TRAIN = 200_000
TURNS = 8  # of its learned rotation
# Bytes of the codes that are scanned (two groups a byte), and of those that refine: 48 in all, ids not counted.
SPLITS = ((16, 32), (32, 16))


def peer(vectors: Vectors, scanned: int, refining: int, folder: Path) -> faiss.Index:
    """OPQ, IVF of PQ fast-scan codes of `scanned` bytes a row, refined by PQ of `refining` bytes; read from the folder where it was made before."""
    path = folder / f"faiss-{scanned}-{refining}.index"
    if path.exists():
        return faiss.read_index(str(path))
    faiss.omp_set_num_threads(1)
    dim = vectors.dim
    train = vectors.sample(TRAIN, np.random.default_rng(0))[1]
    turn = faiss.OPQMatrix(dim, refining)
    turn.niter, turn.max_train_points = TURNS, TRAIN // 4
    quantizer = faiss.IndexFlatIP(dim)
    lists = faiss.IndexIVFPQFastScan(quantizer, dim, LISTS, 2 * scanned, 4, faiss.METRIC_INNER_PRODUCT)
    whole = faiss.IndexPreTransform(turn, faiss.IndexRefine(lists, faiss.IndexPQ(dim, refining, 8, faiss.METRIC_INNER_PRODUCT)))
    whole.train(train)
    for _, x in vectors.blocks():
        whole.add(np.ascontiguousarray(x))
    faiss.write_index(whole, str(path))
    return faiss.read_index(str(path))


def peer_search(index: faiss.Index, queries: F32, k: int, probes: int, refine: int) -> np.ndarray:
    """Row numbers (q, k): `probes` lists, the best `refine` refined."""
    inner = faiss.downcast_index(faiss.downcast_index(index).index)
    inner.k_factor = refine / k
    faiss.downcast_index(inner.base_index).nprobe = probes
    return index.search(queries, k)[1]
