"""From the cached entries to benchmarks/results: frontier.md, frontier.json and one picture a set."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from . import cache, ours, plot, table
from .envelope import OURS, Difference, Result, Verdict, results, verdicts
from .sets import NAMES, TEXTS


def write(folder: Path, names: Sequence[str]) -> None:
    """Read the entries of all sets, print the table of the sets named, write all files."""
    entries = [entry | {"earlier": earlier(entry)} for entry in cache.entries(folder, NAMES)]
    exact = {entry["set"]: cache.unpacked(entry["exact"]) for entry in entries if "exact" in entry}
    found = results(entry for entry in entries if "exact" not in entry)
    known = [name for name in NAMES if any(one.set == name for one in found)]
    judged = verdicts(found, exact, known)
    out = folder.parent
    extra = "".join(page.read_text() for page in (folder / "times.md", folder / "codelength.md") if page.exists())
    (out / "frontier.md").write_text(table.page(found, judged, known) + ("\n" + extra if extra else ""))
    skipped = [{key: entry[key] for key in ("set", "method", "form", "nbytes", "seed", "skipped")} for entry in entries if "skipped" in entry]
    whole = {"verdicts": [told(one) for one in judged], "results": [summary(one) for one in found], "skipped": skipped}
    (out / "frontier.json").write_text(json.dumps(whole, indent=1) + "\n")
    for name in known:
        mine = [one for one in found if one.set == name]
        (out / f"frontier_{name}.svg").write_text(plot.picture(name, mine, name in TEXTS))
    shown = [name for name in known if name in names]
    print("\n\n".join([table.below(judged), *(f"## {name}\n\n{table.envelope([one for one in judged if one.set == name], name in TEXTS)}" for name in shown)]))


def earlier(entry: dict) -> bool:
    """Whether a result of ours was made by code that has changed since."""
    return entry.get("who") == OURS and "spec" in entry["settings"] and entry["digest"] != ours.digest_of(entry["settings"])


def told(one: Verdict) -> dict[str, object]:
    """A verdict, JSON-ready."""

    def interval(gap: Difference | None) -> dict[str, float] | None:
        return None if gap is None else {key: round(value, 5) for key, value in asdict(gap).items()}

    who = {"ours": None if one.ours is None else one.ours.name, "peer": None if one.peer is None else one.peer.name}
    bar = None if one.bar is None else {"reached": not one.bar, "missed": list(one.bar)}
    return {"set": one.set, "bytes": one.nbytes, **who, "difference": interval(one.difference), "loss": interval(one.loss), "below": one.below, "bar": bar}


def summary(one: Result) -> dict[str, object]:
    """A result, JSON-ready: bytes in all ways of counting, figures of every seed, times."""
    sizes = {"row_bytes": one.row_bytes, "total_bytes": round(one.total_bytes, 2), "total_bytes_at_10m": round(one.total_bytes_large, 3)}
    names = {
        "set": one.set,
        "who": one.who,
        "method": one.method,
        "form": one.form,
        "bytes": one.nbytes,
        **sizes,
        "earlier_code": one.earlier,
        "quality": round(float(np.mean(one.values)), 5),
    }
    kept = ("seed", "settings", "figures", "fit_s", "encode_s", "scan_ms", "machine", "note")
    return names | {"seeds": [{key: entry.get(key) for key in kept} for entry in one.entries]}
