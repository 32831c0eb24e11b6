"""Trials: one codec tried on one rung or in full, kept as a small JSON file each, so that a run that was interrupted goes on where it was."""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..arrays import F32
from ..codec import Codec, describe, to_spec
from ..compression import compress, encode, fit
from ..errors import ArtifactError, RankfoldError
from ..evaluate.fidelity import fidelity
from ..evaluate.measure import evaluate
from ..progress import Progress, silent
from ..runtime import workers
from ..search import Searcher
from ..store import artifact_bytes
from ..table import Table
from ..vectors import Vectors
from .choose import outweighed
from .evidence import FIDELITY, QUALITY, Evidence
from .losses import LossOnChoosers, loss_of
from .measure import family
from .recipe import NOTE, Recipe
from .rungs import Rung

VERSION = 1
HASH_ROWS = 65_536
SCANS = 4


@dataclass(frozen=True, slots=True)
class Trial:
    """What one codec did.

    share: 1 for the whole table and all choosing users, else that of the rung. overlap: with the exact lists, from 0 to 1.
    loss: of the evidence's metric on the choosing users, with its interval (in full only). row_bytes: one coded row; state_bytes: codebooks; total_bytes: all
    files on disk (in full only). outweighed: whether codebooks take more than the codes. scan_ms: about what one search of the whole table takes (on rungs
    only, beside other work). seconds: of one core, to fit, encode and judge. failed: why it could not be tried, or "".
    """

    name: str
    family: str
    spec: dict = field(compare=False)
    share: float
    overlap: float
    loss: LossOnChoosers | None
    row_bytes: int
    state_bytes: int
    total_bytes: int | None
    outweighed: bool
    scan_ms: float | None
    seconds: float
    failed: str = ""

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {name: asdict(self)[name] for name in self.__slots__}

    @classmethod
    def from_dict(cls, found: Mapping) -> "Trial":
        """What `to_dict` gave. Raises TypeError, KeyError or ValueError for anything else."""
        loss = found["loss"]
        made = cls(**{**found, "loss": None if loss is None else LossOnChoosers(**loss)})
        if not (isinstance(made.name, str) and isinstance(made.spec, dict) and isinstance(made.failed, str)):
            raise TypeError("name, spec and failed are of other kinds")
        if not (0 <= made.overlap <= 1 and 0 < made.share <= 1 and made.seconds >= 0 and made.row_bytes >= 0 and made.state_bytes >= 0):
            raise ValueError("a number out of range")
        return made


class Trials:
    """Tries codecs, each once: what was tried before, in this run or an earlier one with the same `folder` and the same inputs, is read.

    folder: where finished trials go, or None to keep them in memory alone. Tables of full trials stay in memory. used: what `run` was asked for, by codec and
    share, whichever run it was tried in. recipe: of a codec, as it will be in the artifact, whose length counts.
    weight: (n,) float32 or None; queries: for codecs that see them. Raises ArtifactError when the folder cannot be written.
    """

    def __init__(
        self,
        vectors: Vectors,
        evidence: Evidence,
        *,
        weight: F32 | None = None,
        queries: F32 | None = None,
        seed: int = 0,
        folder: Path | None = None,
        recipe: Callable[[Codec], Recipe] = Recipe,
    ):
        self.vectors, self.evidence, self.weight, self.queries, self.seed = vectors, evidence, weight, queries, seed
        self.recipe = recipe
        self.folder = folder
        self.tables: dict[Codec, Table] = {}
        self.known: dict[tuple[Codec, float], Trial] = {}
        self.used: dict[tuple[Codec, float], Trial] = {}
        self._seconds = [0.0, 0.0]
        self._inputs = ""
        if folder is not None:
            _make(folder)

    def run(
        self, codecs: Iterable[Codec], rung: Rung | None, progress: Progress = silent, *, may_start: Callable[[Codec], bool] = lambda codec: True
    ) -> list[tuple[Codec, Trial]]:
        """Each codec on the rung (None: in full) and what it did, on as many threads as there are workers; in the order given.

        may_start: asked right before a codec is tried that was not tried before; those refused are left out of the results.
        """
        asked = list(codecs)
        share = 1.0 if rung is None else rung.share
        missing = [one for one in asked if self.find(one, share) is None]
        stage = "try codecs in full" if rung is None else f"try codecs on 1/{round(1 / share)} of the rows"
        progress(stage, len(asked) - len(missing), len(asked))
        if rung is not None and missing:
            # Worked out once, before several threads would each do it.
            _ = rung.exact, rung.to_fit
        pool = ThreadPoolExecutor(min(workers(), max(1, len(missing))))
        try:
            futures = [pool.submit(self._try, one, rung, may_start) for one in missing]
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress(stage, len(asked) - len(missing) + done, len(asked))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        told = [(one, found) for one in asked if (found := self.known.get((one, share))) is not None]
        self.used |= {(one, share): found for one, found in told}
        return told

    @property
    def core_seconds(self) -> float:
        """Seconds of one core in all trials that were used, those of earlier runs too."""
        return sum(one.seconds for one in self.used.values())

    @property
    def slowdown(self) -> float:
        """Seconds on the clock for a second of one core, as the trials of this run went: above 1 on a busy machine."""
        wall, core = self._seconds
        return max(1.0, wall / core) if core > 0 else 1.0

    def find(self, codec: Codec, share: float) -> Trial | None:
        """The trial of this codec at this share, if there was one; files that are damaged or of another kind count as none."""
        if (codec, share) not in self.known and self.folder is not None:
            try:
                text = self._file(codec, share).read_text(encoding="utf-8")
                self.known[codec, share] = Trial.from_dict(json.loads(text))
            except (OSError, ValueError, TypeError, KeyError, RecursionError):
                return None
        return self.known.get((codec, share))

    def table(self, codec: Codec) -> Table:
        """The whole table of this codec: kept from its trial, or made again, the same."""
        if codec not in self.tables:
            self.tables[codec] = compress(self.vectors, codec, weight=self.weight, queries=self.queries, unit=self.evidence.unit, fallback=None, seed=self.seed)
        return self.tables[codec]

    def artifact_bytes(self, codec: Codec) -> int:
        """All files of the artifact of this codec on disk, manifest and recipe included."""
        return artifact_bytes(self.table(codec), note=NOTE, details=self.recipe(codec).details())

    def inputs_digest(self) -> str:
        """SHA-256 of everything that a trial depends on beside its codec, worked out once."""
        self._inputs = self._inputs or inputs_digest(self.vectors, self.evidence, self.weight, self.queries, self.seed)
        return self._inputs

    def _try(self, codec: Codec, rung: Rung | None, may_start: Callable[[Codec], bool]) -> None:
        if not may_start(codec):
            return
        start, began = time.thread_time(), time.monotonic()
        try:
            made = self._in_full(codec) if rung is None else self._on_rung(codec, rung)
        except RankfoldError as error:
            empty = Trial(describe(codec), family(codec), to_spec(codec), 1.0 if rung is None else rung.share, 0.0, None, 0, 0, None, False, None, 0.0)
            made = replace(empty, failed=" ".join(str(error).split()))
        made = replace(made, seconds=time.thread_time() - start)
        self._seconds = [self._seconds[0] + time.monotonic() - began, self._seconds[1] + made.seconds]
        self.known[codec, made.share] = made
        if self.folder is not None:
            _write(self._file(codec, made.share), made.to_dict())

    def _on_rung(self, codec: Codec, rung: Rung) -> Trial:
        weight = None if self.weight is None else self.weight[rung.fitted]
        fitted = fit(rung.to_fit, codec, weight=weight, queries=self.queries, unit=self.evidence.unit, seed=self.seed)
        table = encode(rung.to_search, fitted, unit=self.evidence.unit)
        queries, seen = rung.asked
        searcher = Searcher(table, workers=1)
        found = searcher.search(queries, rung.exact.k, exclude=seen)
        once = _once(searcher, queries) * self.vectors.count / rung.shown.size
        overlap = fidelity(found, rung.exact, depths=(rung.exact.k,)).means()[f"overlap@{rung.exact.k}"].mean
        state = table.parts()["codebooks"]
        outweighs = state > table.segments[0].codes.row_bytes * self.vectors.count
        return replace(self._trial(codec, table, rung.share, overlap, None, None, outweighed=outweighs), scan_ms=once)

    def _in_full(self, codec: Codec) -> Trial:
        table = self.table(codec)
        half, judged = self.evidence.choose, self.evidence.judged
        metrics = [QUALITY, FIDELITY] if judged else [self.evidence.metric.replace("overlap", "recall")]
        after = evaluate(Searcher(table, workers=1), half.task, metrics=metrics, baseline=half.baseline)
        agreement = {} if after.fidelity is None else after.fidelity.means()
        overlap = agreement["overlap@10" if judged else self.evidence.metric].mean
        loss = loss_of(self.evidence, half, after, seed=self.seed)
        return self._trial(codec, table, 1.0, overlap, loss, self.artifact_bytes(codec), outweighed=outweighed(table))

    def _trial(self, codec: Codec, table: Table, share: float, overlap: float, loss: LossOnChoosers | None, total: int | None, *, outweighed: bool) -> Trial:
        state, row = table.parts()["codebooks"], table.segments[0].codes.row_bytes
        return Trial(describe(table.segments[0].codec), family(codec), to_spec(codec), share, float(overlap), loss, row, state, total, outweighed, None, 0.0)

    def _file(self, codec: Codec, share: float) -> Path:
        text = json.dumps({"version": VERSION, "inputs": self.inputs_digest(), "codec": to_spec(codec), "share": share}, sort_keys=True)
        return (self.folder or Path()) / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def _once(searcher: Searcher, queries: F32) -> float:
    """Milliseconds of a single search, the least of a few: other threads may run beside it."""
    times = []
    for query in range(min(SCANS, len(queries))):
        start = time.perf_counter()
        searcher.search(queries[query : query + 1], 10)
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


def inputs_digest(vectors: Vectors, evidence: Evidence, weight: F32 | None, queries: F32 | None, seed: int) -> str:
    """SHA-256 of everything that a trial depends on beside its codec."""
    state = hashlib.sha256(f"{vectors.count} {vectors.dim} {evidence.unit} {evidence.metric} {evidence.choose.task.digest()} {seed}".encode())
    for _, block in vectors.blocks(HASH_ROWS):
        state.update(block.data)
    for array in (weight, queries):
        state.update(b"none" if array is None else array.tobytes())
    return state.hexdigest()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"{folder}: cannot be made ({error.strerror or error}). Choose another folder for finished trials.") from error


def _write(path: Path, content: dict) -> None:
    """A file that is there whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise ArtifactError(f"{path}: cannot be written ({error.strerror or error}). Free space or choose another folder.") from error
