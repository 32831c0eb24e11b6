"""What pruning costs each popularity bucket, and the least that may be kept. Run: python benchmarks/pruning.py

ALS items of the shared sets; users to report on are not those that give the weights. Prints a table and writes benchmarks/results/pruning.json. The
recommended setting is the smallest at which no bucket of any set keeps less than 97 % of its recall@10.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402

import datasets  # noqa: E402

from rankfold.codec import describe  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.tune.evidence import user_evidence  # noqa: E402
from rankfold.tune.measure import measure  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

FLOOR = 0.97
KEPT = (0.25, 0.5, 0.625, 0.75, 0.875)
SETS = ("amazon_book", "anime")


def specs(dim: int) -> list[dict]:
    """Whole dimensions, blocks of 16, and the largest of every row, at several shares kept."""
    found: list[dict] = []
    for share in KEPT:
        keep = int(dim * share)
        found.append({"codec": "pruned", "keep": keep, "inner": {"codec": "int8"}})
        found.append({"codec": "pruned", "keep": keep, "by": "blocks", "block": 16, "inner": {"codec": "int8"}})
        found.append({"codec": "largest", "keep": keep})
    return found


def main() -> None:
    rows = []
    for name in SETS:
        data = datasets.factors(name)
        items = as_vectors(data.items, zero_rows="keep")
        evidence = user_evidence(items, data.users, Interactions(data.user, data.item, None, None, data.split), sample=3_000)
        for spec in specs(items.dim):
            codec = from_spec(spec)
            point = measure(compress(items, codec, weight=evidence.weight), evidence, evidence.report, timed=False)
            kept = {part: {"kept": 1 - loss.drop, "n": loss.n} for part, loss in point.buckets.items() if loss.is_known}
            rows.append({"data": name, "codec": describe(codec), "row_bytes": point.row_bytes, "ndcg@10_drop": point.loss.drop, "buckets": kept})
            shares = "  ".join(f"{part} {one['kept']:.1%}" for part, one in kept.items())
            sys.stdout.write(f"{name:<12} {describe(codec):<50} {point.row_bytes:>4} B  ndcg@10 {-point.loss.drop:+.1%}  {shares}\n")
    sound = [spec for spec in dict.fromkeys(row["codec"] for row in rows) if keeps(rows, spec)]
    sys.stdout.write(f"no bucket below {FLOOR:.0%} on any set: {', '.join(sound) or 'none'}\n")
    path = datasets.RESULTS / "pruning.json"
    path.write_text(json.dumps({"floor": FLOOR, "rows": rows, "sound": sound}, indent=1) + "\n")


def keeps(rows: list[dict], codec: str) -> bool:
    """Whether no bucket of any set falls below the floor under this codec."""
    return all(part["kept"] >= FLOOR for row in rows if row["codec"] == codec for part in row["buckets"].values())


if __name__ == "__main__":
    main()
