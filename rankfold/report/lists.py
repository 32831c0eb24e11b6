"""Tables about lists and neighbours: what users would notice, and whose neighbours are kept, beside the error of the vectors."""

from collections.abc import Mapping
from typing import Any

from .content import Measures

GUARDS = {
    "changed_screens": "first screens with other items",
    "changed_firsts": "first places with another item",
    "changed_places": "places of first screens with a new item",
    "lost_all": "users who lose all items that they wanted",
}
NOTICED = "What users would notice"
NEIGHBOURS = {"kindred": "user-user: users of similar lists", "neighbourhoods": "item-item: nearest by cosine"}


def list_measures(audited: Mapping[str, Any]) -> list[Measures]:
    """The tables of an audit (see tune/audit.py); none without users and without neighbourhoods."""
    found = []
    guards = audited["lists"]
    if guards is not None:
        k = guards["k"]
        lines = {said: [guards[name][part] for part in ("mean", "low", "high", "n")] for name, said in GUARDS.items() if guards[name]["n"]}
        p95, n = guards["p95"], guards["p95"]["n"]
        lines["loss of overlap that 5 % of users exceed"] = [p95["value"], p95["low"], p95["high"], n]
        lines["mean loss of overlap of the worst tenth"] = [guards["worst_tenth"], None, None, max(1, n // 10)]
        about = f"Shares of users or places against the exact lists; a screen is the first {k} places."
        found.append(Measures(title=NOTICED, about=about, columns=["share", "low", "high", "n"], lines=lines))
    lines = {}
    for name, said in NEIGHBOURS.items():
        kept = audited[name]
        if kept is not None:
            lines[said] = [kept["overlap"]["mean"], kept["overlap"]["low"], kept["overlap"]["high"], kept["rbo"]["mean"], kept["overlap"]["n"]]
    if lines:
        about = "Share of the 10 nearest kept (1 = all), in any order (overlap) and with the nearest counting most (rbo)."
        error = audited["vectors"]
        if error is not None and error["cosine"]["mean"] is not None:
            about += (
                f" The vectors themselves: relative squared error {error['relative']:.4g}, cosine {error['cosine']['mean']:.4f}; these say little of the lists."
            )
        found.append(Measures(title="Neighbours kept", about=about, columns=["overlap", "low", "high", "rbo", "n"], lines=lines))
    return found
