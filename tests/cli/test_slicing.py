from rankfold.cli.slicing import MOST_LINES, slice_lines

GAP = {"gap": 0.02, "low": 0.01, "high": 0.03, "p": 0.001}
SLICE = {"kind": "country", "name": "de", "drop": 0.05, "low": 0.03, "high": 0.07, "n": 1_200, "gap": GAP, "verdict": "loses"}
MOVED = {"kind": "shop", "group": "a", "change": -0.12, "verdict": "loses"}
WORST = {"drop": 0.2, "low": 0.1, "high": 0.3, "apparent": 0.6, "users": 800}
POWER = {"n": 4_000, "detectable_80": 0.011, "detectable_90": 0.013, "loss": 0.01, "needed": 6_400}


def test_everything_is_said_in_order():
    unknown = {**SLICE, "name": "fr", "drop": None, "low": None, "high": None, "gap": dict.fromkeys(GAP), "verdict": "unclear"}
    text = slice_lines(
        {"metric": "ndcg@10", "slices": [SLICE, unknown], "exposure": [MOVED, {**MOVED, "verdict": "steady"}], "worst_users": WORST, "power": POWER}
    )
    whole = "\n".join(text)
    assert "country: de     5.0 % (3.0 to 7.0)  2.0 % (1.0 to 3.0)  1,200    loses" in whole and whole.index("de") < whole.index("fr")
    assert "shop a -12.0 %" in whole and whole.count("shop") == 1
    assert "hurt most loses 20.0 % (10.0 to 30.0)" in whole and "60.0 % on those that did" in whole
    assert "a loss of 1.1 % is found with a chance of 80 %" in whole and "6,400 users" in whole


def test_many_slices_are_cut_and_none_is_no_table():
    text = slice_lines({"metric": "m", "slices": [SLICE] * (MOST_LINES + 3), "exposure": [], "worst_users": None, "power": None})
    assert any("and 3 more slices" in line for line in text)
    assert slice_lines({"metric": "m", "slices": [], "exposure": [], "worst_users": None, "power": None}) == []
    still = {"metric": "m", "slices": [], "exposure": [{**MOVED, "verdict": "steady"}], "worst_users": {**WORST, "drop": None}, "power": None}
    assert slice_lines(still) == ["  places on first screens: no group of items is shown to gain or lose any"]
