"""A decision as text."""

from types import SimpleNamespace

from rankfold.cli.deciding import MOST_TRIED, forecast_lines, frontier_lines, kept_lines, tried_lines
from rankfold.tune.decision import Kept, Tried


def row(codec, chosen=False, on_frontier=True, p99=None):
    return {"codec": codec, "row_bytes": 8, "total_bytes": 12_345, "metric": "ndcg@10", "loss": 0.012, "loss_low": -0.001, "loss_high": 0.02,
            "agreement": 0.9, "p99_ms": p99, "chosen": chosen, "on_frontier": on_frontier}  # fmt: skip


def test_the_choice_and_the_frontier_are_marked():
    rows = [row("a", chosen=True), row("b", on_frontier=False)]
    lines = frontier_lines(SimpleNamespace(frontier=lambda: rows))
    assert lines[2].split()[:2] == [">*", "a"] and lines[3].split()[0] == "b" and "1.2 % (-0.1 to 2.0)" in lines[2] and "p99" not in lines[0]
    timed = frontier_lines(SimpleNamespace(frontier=lambda: [row("a", p99=1.5)]))
    assert "p99" in timed[0] and "1.50 ms" in timed[2]


def test_limits_are_said_in_their_units():
    kept = (Kept("row_bytes", 8, 8, "yes"), Kept("max_loss", 0.01, None, "unsure"), Kept("p99_ms", 5.0, 6.0, "no"))
    text = "\n".join(kept_lines(SimpleNamespace(kept=kept)))
    assert "asked 8 bytes, got 8 bytes: holds" in text and "asked 1.00 %, got -: cannot be told" in text and "asked 5.00 ms, got 6.00 ms: DOES NOT HOLD" in text


def test_those_that_came_furthest_come_first_and_many_are_cut():
    tried = [Tried(f"c{place}", "f", 8, None, 0.25, place / 100, 1.0, "others found more") for place in range(20)]
    lines = tried_lines(SimpleNamespace(tried=[Tried("best", "f", 8, 9, 1.0, 0.9, 1.0, ""), *tried], core_seconds=21.0))
    assert lines[0] == "  tried 21 codecs, 1 in full, 21.0 s of one core" and lines[3].split()[0] == "c19" and "best" not in "".join(lines)
    assert lines[-1] == f"  and {20 - MOST_TRIED} more: see the report"


def test_a_forecast_is_held_to_account():
    told = {"row_bytes": 8.0, "expected": 0.8, "measured": 0.75, "usual_error": 0.05}
    (line,) = forecast_lines(SimpleNamespace(forecast=told))
    assert "at 8 bytes: 80.0 % of the exact lists (usual error 5 %); measured 75.0 %" in line
    (line,) = forecast_lines(SimpleNamespace(forecast=told | {"usual_error": None}))
    assert "exact lists; measured" in line and forecast_lines(SimpleNamespace(forecast={})) == []
