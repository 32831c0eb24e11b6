"""Puts the figures of benchmarks/results/distil.json into docs/distil.md, between its markers, and nothing else. Run: python docs/taught.py"""

import re
from pathlib import Path

from measured import results

PAGE = Path(__file__).parent / "distil.md"
PARTS = ("users", "terms", "whole", "students", "pruning", "neighbours")


def lines(part: str) -> str:
    """One part as a Markdown table."""
    rows = sorted(results("distil").get(part, []), key=ORDER[part])
    header, how = ("code", "learned from", "recall@10 of unseen queries", "gain, points (95 %)"), neighbour_cells
    if part != "neighbours":
        first = {"users": "set, code", "terms": "set, terms", "whole": "set, terms", "students": "dimensions, terms", "pruning": "dimensions kept, rounds"}[
            part
        ]
        header, how = (first, "overlap@10", "NDCG@10 kept", "gain, points (95 %)", "recall@10 kept, head / mid / tail"), user_cells
    body = ["| " + " | ".join(how(part, row)) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *body])


def user_cells(part: str, row: dict) -> list[str]:
    kept = [100 * (1 - row[name]["drop"]) for name in ("ndcg@10_drop_before", "ndcg@10_drop_after")]
    mean, low, high = row["ndcg@10_points_kept_gained"]
    buckets = [f"{100 * one['kept_before']:.0f} -> {100 * one['kept_after']:.0f}" for one in row["buckets"].values()]
    data = row["data"]
    what = {
        "users": lambda: f"{data}, {row['row_bytes']} B; {taught_by(row['users'])}",
        "terms": lambda: f"{data}, 8 B; {row['terms']}",
        "whole": lambda: f"{data}, 8 B; {row['terms']}",
        "students": lambda: f"{data}, {row['dims']}; {row['terms']}",
        "pruning": lambda: f"{data}, {row['dims']}; {row['terms']}",
    }[part]()
    return [
        what + ("" if row["adopted"] else " (not adopted)"),
        f"{row['overlap@10_before']:.3f} -> {row['overlap@10_after']:.3f}",
        f"{kept[0]:.1f} -> {kept[1]:.1f} %",
        f"{mean:+.1f} ({low:+.1f} to {high:+.1f})",
        " / ".join(buckets),
    ]


def neighbour_cells(part: str, row: dict) -> list[str]:
    before, after = row["recall@10"]
    gain = row["gain"]
    points = f"{100 * gain['mean']:+.1f} ({100 * gain['low']:+.1f} to {100 * gain['high']:+.1f})"
    return [f"{row['data']}, {row['row_bytes']} B", row["terms"] + ("" if row["adopted"] else " (not adopted)"), f"{before:.3f} -> {after:.3f}", points]


def taught_by(users: int | None) -> str:
    if users is None:
        return "all users, on half of the rows; the other half coded anew"
    return "all others" if users >= 100_000 else f"{users:,} users"


ORDER = {
    "users": lambda row: (row["data"], row["row_bytes"], row["users"] is None, row["users"] or 0),
    "terms": lambda row: row["data"],
    "whole": lambda row: row["data"],
    "students": lambda row: (row["data"], row["terms"] != "lists and rows"),
    "pruning": lambda row: (row["data"], row["dims"], row["terms"]),
    "neighbours": lambda row: row["data"],
}


def main() -> None:
    page = PAGE.read_text()
    for part in PARTS:
        if results("distil").get(part):
            page = re.sub(rf"(<!-- {part} -->\n).*?(<!-- end -->)", lambda found, part=part: found[1] + lines(part) + "\n" + found[2], page, flags=re.S)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
