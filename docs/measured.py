"""The tables of README.md's "What was measured", made from benchmarks/results/*.json and from nothing else."""

import json
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"


def measured() -> str:
    """All tables, each with the command that reprints it."""
    parts = [factors_table(), text_table(), kernels_table(), training_table(), robustness_lines()]
    return "\n\n".join(part for part in parts if part)


def results(name: str) -> dict:
    """One benchmark's numbers; empty when it was not run."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; first column left, the others right."""
    return "\n".join(["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1), *("| " + " | ".join(row) + " |" for row in rows)])


def factors_table() -> str:
    """ALS factors at 17 bytes a row, means over seeds."""
    rows = results("quality").get("factors", [])
    lines = []
    for key in dict.fromkeys((row["data"], row["code"]) for row in rows):
        mine = [row for row in rows if (row["data"], row["code"]) == key]
        overlap = [row["overlap@10"]["mean"] for row in mine]
        loss = mine[0]["ndcg@10"]
        buckets = [np.mean([row["buckets"][part]["ndcg@10"]["drop"] for row in mine]) for part in ("head", "mid", "tail")]
        lines.append(
            [
                f"{key[0]}, {key[1]}",
                str(mine[0]["row_bytes"]),
                f"{mine[0]['total_bytes_per_row']:.0f}",
                f"{np.mean(overlap):.3f} ({min(overlap):.3f} to {max(overlap):.3f})",
                f"{loss['drop']:+.1%} ({loss['low']:+.1%} to {loss['high']:+.1%})",
                " / ".join(f"{drop:+.0%}" for drop in buckets),
            ]
        )
    header = [
        "ALS-128 items, seen items masked",
        "bytes/row",
        "all bytes/row",
        "overlap@10, 3 seeds",
        "NDCG@10 lost (95 %, seed 0)",
        "lost in head / mid / tail",
    ]
    return table(header, lines) + "\n\n`python benchmarks/quality.py factors`. 2,000 users; exposure weights come from other users." if lines else ""


def text_table() -> str:
    """Text vectors, fitted on half of the rows."""
    rows = sorted(results("quality").get("text", []), key=lambda row: (row["size"], -row["agreement@100_renormalised"]))
    lines = [
        [
            row["code"],
            str(row["row_bytes"]),
            f"{row['total_bytes_per_row']:.1f}",
            f"{row['agreement@100_stored']:.3f}",
            f"{row['agreement@100_renormalised']:.3f}",
        ]
        for row in rows
    ]
    header = ["text132k (132,868 x 384), fitted on a random half of the rows", "bytes/row", "all bytes/row", "agreement@100", "rows renormalised"]
    return table(header, lines) + "\n\n`python benchmarks/quality.py text`. 500 queries held out of the fit." if lines else ""


def kernels_table() -> str:
    """Scans beside faiss, one thread."""
    found = results("kernels")
    if not found:
        return ""
    machine = found["machine"]
    lines = [
        [
            row["case"],
            row["peer"] or "-",
            f"{row['ours_ms']:.1f}",
            f"{row['peer_ms']:.1f}",
            f"{row['ratio']:.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})",
        ]
        for row in found["results"]
        if row.get("peer_ms") and row.get("ratio") and "ms" not in row["case"]
    ]
    header = ["scan of 1M rows and top 100, per query", "peer", "ours, ms", "peer, ms", "times faster"]
    peer = f"faiss {machine['faiss']} ({machine['faiss_options']})"
    note = f"`python benchmarks/kernels.py`. {machine['processor']}, kernels {machine['level']}, {peer}, one thread, paired rounds."
    return table(header, lines) + "\n\n" + note


def spread(row: dict) -> str:
    """A ratio with the lowest and highest of its rounds."""
    return f"{row['ratio']:.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})"


def training_table() -> str:
    """Fitting time beside faiss."""
    rows = results("training").get("rows", [])
    lines = [
        [
            row["ours"],
            row["peer"],
            f"{row['ratio']:.2f}",
            f"{row['ours_error_training_rows']:.4f} / {row['peer_error_training_rows']:.4f}",
            f"{row['ours_error_held_out']:.4f} / {row['peer_error_held_out']:.4f}",
        ]
        for row in rows
    ]
    header = ["fit, 16 x 256, 60k x 384", "peer", "times faster", "squared error, ours / peer", "on held-out rows"]
    return table(header, lines) + "\n\n`python benchmarks/training.py`. One thread each, processor time." if lines else ""


def robustness_lines() -> str:
    """Memory and crashes in two sentences."""
    memory, crash = results("memory"), results("crash")
    if not memory or not crash:
        return ""
    peak = max(stage["peak_mb"] for stage in memory["stages"].values())
    kills, commands, mutations = crash["kills"], crash["command_kills"], crash["mutations"]
    return (
        f"Reading, sampling and compressing {memory['file_mb'] / 1000:.1f} GB of vectors to disk peaked at {peak:.0f} MB (`python benchmarks/memory.py`). "
        f"Of {kills['kills']} SIGKILLs during `compress(..., out=...)`, {kills['old']} left the old artifact, {kills['new']} the new one, "
        f"{kills['torn']} a torn one; "
        f"of {commands['kills']} of the whole command `rankfold compress -o`, {commands['old']} old, {commands['new']} new, {commands['torn']} torn; "
        f"of {mutations['mutations']:,} random byte changes, `verify` found {mutations['found_by_verify']:,} and none crashed (`python benchmarks/crash.py`)."
    )
