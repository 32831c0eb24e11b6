"""The frontier benchmark's own arithmetic: bytes, cache, envelope, bars, tables, pictures. The peers themselves are run by the benchmark."""

import json
from xml.dom import minidom

import numpy as np
import pytest

from benchmarks.frontier import cache, codelength, forms, measure, ours, plot, reporting, run, table
from benchmarks.frontier.coded import Coded, Job, Method
from benchmarks.frontier.envelope import allowed, best, difference, loss, missed, results, verdict, verdicts
from benchmarks.frontier.sets import BOOKS_LIMIT, bars_of, sizes_of
from rankfold.arrays import row_norms, unit_rows
from rankfold.search.rows import Rows


def entry(who="peer", method="faiss PQ", form="cosine", nbytes=16, seed=1, values=(0.5, 0.7), name="text132k", row_bytes=16.0, state=0, **figures):
    values = np.asarray(values, np.float64)
    kept = {"agreement@10": {"mean": 0.5}, "agreement@100": {"mean": float(values.mean())}} | figures
    head = {"set": name, "who": who, "method": method, "form": form, "nbytes": nbytes, "seed": seed, "count": 100, "row_bytes": row_bytes, "state_bytes": state}
    return head | {"values": cache.packed(values), "figures": kept, "fit_s": 1.0, "encode_s": 2.0, "scan_ms": None, "settings": {}, "machine": "m", "note": ""}


def factor_entry(drop, **changes):
    part = {"recall@10": {"drop": drop}, "baseline_hits": 1_000}
    interval = {"drop": drop, "low": drop - 0.01, "high": drop + 0.01}
    kept = {"ndcg@10": interval, "recall@10": interval, "overlap@10": {"mean": 0.9}, "overlap@100": {"mean": 0.8}}
    kept["cosine_by_exposure"] = [0.5 + 0.05 * tenth for tenth in range(10)]
    kept["buckets"] = {"head": part, "mid": part, "tail": {"recall@10": {"drop": None}, "baseline_hits": 3}}
    return entry(**({"name": "amazon_book", "form": "raw", "nbytes": 17} | changes), **kept)


def test_values_survive_packing_to_a_ten_thousandth():
    values = np.random.default_rng(0).random(300)
    assert np.abs(cache.unpacked(cache.packed(values)) - values).max() <= 0.5 / cache.STEPS + 1e-12
    assert np.array_equal(cache.unpacked(cache.packed(np.arange(101) / 100)), np.arange(101) / 100)


def test_entries_are_read_as_written_and_broken_ones_are_missing(tmp_path):
    key = cache.Key("anime", "faiss PQ 4 bit", "norm byte", 17, 2)
    path = key.path(tmp_path)
    assert path.relative_to(tmp_path).as_posix() == "anime/faiss-pq-4-bit_norm-byte_17_s2.json"
    assert cache.read(path) is None
    cache.write(path, entry())
    assert cache.read(path) == json.loads(json.dumps(entry())) and [file.name for file in path.parent.iterdir()] == [path.name]
    (path.parent / "half.json").write_text('{"set": ')
    assert cache.entries(tmp_path, ("anime", "text132k")) == [cache.read(path)]


def test_a_digest_changes_with_any_setting_and_not_with_their_order():
    assert cache.digest({"a": 1, "b": [2, 3]}) == cache.digest({"b": [2, 3], "a": 1})
    assert len({cache.digest(one) for one in ({"a": 1}, {"a": 2}, {"b": 1}, [1, {"a": 1}])}) == 4


def test_bytes_are_counted_with_codebooks_over_the_rows_and_over_ten_million():
    one = results([entry(row_bytes=16.0, state=1_000)])[0]
    assert (one.books_per_row, one.total_bytes) == (10.0, 26.0)
    assert one.total_bytes_large == pytest.approx(16.0001)


def test_seeds_are_averaged_query_by_query():
    one = results([entry(seed=1, values=(0.2, 0.4)), entry(seed=2, values=(0.4, 0.8))])[0]
    assert np.allclose(one.values, (0.3, 0.6)) and one.quality == pytest.approx(0.45) and len(one.entries) == 2
    assert one.figure("agreement@100", "mean") == pytest.approx(0.45) and np.isnan(one.figure("not", "there"))


def test_a_peer_may_spend_fewer_bytes_but_not_more_and_small_catalogues_count_books():
    small, same, larger = (results([entry(method=name, row_bytes=size)])[0] for name, size in (("a", 8.0), ("b", 16.0), ("c", 16.5)))
    assert allowed([small, same, larger], "text132k", 16, False) == [small, same]
    light, heavy = (results([entry(method=name, state=int(100 * books))])[0] for name, books in (("a", BOOKS_LIMIT), ("b", BOOKS_LIMIT + 0.01)))
    assert allowed([light, heavy], "text132k", 16, True) == [light]
    assert best([small, same]) is small and best([]) is None


def test_differences_are_paired_over_queries():
    rng = np.random.default_rng(0)
    easy = rng.random(2_000)
    gap = difference(easy, easy - 0.01)
    assert (gap.mean, gap.low, gap.high) == pytest.approx((0.01, 0.01, 0.01))
    noisy = difference(rng.random(2_000), rng.random(2_000))
    assert noisy.low < 0 < noisy.high or abs(noisy.mean) > 0.01
    lost = loss(easy, 0.9 * easy)
    assert (lost.mean, lost.low, lost.high) == pytest.approx((0.1, 0.1, 0.1))


def test_the_verdict_takes_the_best_at_equal_or_fewer_bytes():
    found = results(
        [
            entry("ours", "rankfold layered", "plain", values=(0.75, 0.75)),
            entry("peer", "small", nbytes=12, row_bytes=12.0, values=(0.71, 0.71)),
            entry("peer", "equal", values=(0.70, 0.70)),
            entry("peer", "large", nbytes=24, row_bytes=24.0, values=(0.9, 0.9)),
        ]
    )
    one = verdict(found, None, "text132k", 16)
    assert (one.ours.name, one.peer.name, one.below) == ("rankfold layered", "small", False)
    assert one.difference.mean == pytest.approx(0.04) and one.bar == ()
    assert verdict(found, None, "text132k", 24).below and verdict(found, None, "text132k", 24).bar is None
    assert verdict(found, None, "text132k", 8).ours is None


def test_of_ours_the_one_that_misses_least_of_the_bar_is_judged():
    exact = np.ones(2)
    short = factor_entry(0.015, who="ours", method="rankfold residual", form="plain", values=(0.985, 0.985))
    short["figures"]["overlap@10"] = {"mean": 0.7}
    whole = factor_entry(0.019, who="ours", method="rankfold tiers", form="plain", values=(0.981, 0.981))
    assert verdict(results([short, whole]), exact, "amazon_book", 17).ours.method == "rankfold tiers"
    assert verdict(results([short, whole]), exact, "amazon_book", 25).ours.method == "rankfold residual"


def test_sizes_without_a_code_of_ours_are_judged_at_the_bars_alone():
    found = results([entry(nbytes=24, row_bytes=24.0), entry("ours", "rankfold layered", "plain", nbytes=12, row_bytes=12.0)])
    assert [one.nbytes for one in verdicts(found, {}, ["text132k"])] == [12, *bars_of("text132k")]


def test_results_of_earlier_code_of_ours_are_marked():
    settings = {"spec": {"codec": "pq", "groups": 2}, "weighted": False}
    fresh = entry("ours", "rankfold pq", "plain") | {"settings": settings, "digest": ours.digest_of(settings)}
    assert not reporting.earlier(fresh) and reporting.earlier(fresh | {"digest": "older"}) and not reporting.earlier(entry() | {"digest": "older"})
    assert [one.name for one in results([fresh | {"earlier": True}])] == ["rankfold pq (earlier)"]
    assert ours.digest_of(settings) != ours.digest_of(settings | {"weighted": True})


def test_earlier_results_are_kept_when_asked_and_measured_again_when_not(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    monkeypatch.setattr(run, "compute", lambda work: done.append(work.digest) or cache.write(work.key.path(tmp_path), older | {"digest": work.digest}))
    work = next(iter(run.our_work("text132k", 16, 1)))
    older = entry("ours", work.key.method, work.key.form) | {"digest": "older"}
    cache.write(work.key.path(tmp_path), older)
    assert not run.settle(work, keep=True) and run.settle(work) and not run.settle(work) and done == [work.digest]
    cache.write(work.key.path(tmp_path), {"skipped": "failed", "digest": "older"})
    assert run.settle(work, keep=True)


def test_tiers_spend_their_mean_with_the_number_of_the_tier_and_keep_the_order_of_rows():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(1_500, 32)) * np.geomspace(4, 0.2, 32) * np.exp(rng.normal(size=(1_500, 1)))).astype(np.float32)
    weight = np.where(np.arange(1_500) % 5 == 0, 30, 1).astype(np.float32)
    half = np.arange(0, 1_500, 2)
    job = Job(rows[half], rows, 13, 1, False, weight[half], weight, half=half)
    coded = ours.coded(job, ours.judged_specs(32, 13, False, True)["tiers"], weighted=True)
    kept = measure.cosines(rows, coded.decoded)
    assert 11 <= coded.row_bytes <= 13 and kept[weight > 1].mean() > kept[weight == 1].mean() > 0.7


def test_a_peer_with_sizes_of_its_own_is_run_there_with_one_seed(monkeypatch):
    method = Method("m", 1, lambda dim, nbytes: {}, lambda job, settings: Coded(1, 0), sets=("text132k",), sizes=(16, 68))
    monkeypatch.setattr(run, "PEERS", {"m": method})
    assert [size for size in (16, 32, 68) for _ in run.peer_work("text132k", size, 1)] == [16, 68]
    assert not list(run.peer_work("text132k", 16, 2)) and not list(run.peer_work("goodbooks", 16, 1))
    assert run.extra_sizes("text132k") == {16, 68} and run.extra_sizes("anime") == set()


def test_bars_say_what_is_missed():
    ours_at = results([factor_entry(0.021, who="ours", method="rankfold layered", values=(0.979, 0.979))])[0]
    exact = np.ones(2)
    assert missed("amazon_book", 17, ours_at, None, loss(exact, ours_at.values)) == ("loss 2.10% > 2.0%",)
    at_33 = missed("amazon_book", 33, ours_at, None, loss(exact, ours_at.values))
    assert at_33 == ("loss 2.10% > 0.5%", "loss may be 2.10% > 1.5%")
    worse = results([factor_entry(0.05, values=(0.996, 0.996))])[0]
    assert missed("amazon_book", 33, worse, None, loss(exact, worse.values)) == ("head loses 5.0% recall > 3%", "mid loses 5.0% recall > 3%")
    ahead = difference(ours_at.values, ours_at.values - 0.01)
    assert missed("anime", 17, ours_at, ahead, loss(exact, ours_at.values)) == ()
    assert missed("anime", 17, ours_at, None, loss(exact, ours_at.values)) == ("-inf% against the best peer",)
    assert missed("goodbooks", 16, None, None, None) is None and missed("text132k", 16, None, None, None) == ("no result of ours",)


def test_sizes_leave_a_byte_for_the_length_of_factors():
    assert sizes_of("text132k")[:3] == (8, 12, 16) and sizes_of("anime")[:3] == (9, 13, 17)
    assert set(bars_of("text132k")) <= set(sizes_of("text132k")) and set(bars_of("anime")) <= set(sizes_of("anime"))


def test_the_norm_byte_brings_lengths_back_whatever_the_code_lost():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(500, 8)) * np.exp(2 * rng.normal(size=(500, 1)))).astype(np.float32)

    def shrunk(job: Job, settings: dict) -> Coded:
        assert job.nbytes == 16 and np.allclose(row_norms(job.rows), 1, atol=1e-5)
        return Coded(16, 0, 0.3 * job.rows)

    method = Method("m", 1, lambda dim, nbytes: {}, shrunk)
    coded = forms.run(method, Job(rows, rows, 17, 1, False), forms.NORM_BYTE, {})
    assert coded.row_bytes == 17 and np.allclose(row_norms(coded.decoded) / row_norms(rows), 1, atol=0.04)
    raw = forms.run(Method("m", 1, method.plan, lambda job, settings: Coded(16, 0, 0.3 * job.rows)), Job(rows, rows, 17, 1, False), forms.RAW, {})
    assert np.allclose(raw.decoded, 0.3 * rows)


def test_forms_follow_what_a_method_can_do():
    def method(**abilities):
        return Method("m", 1, lambda dim, nbytes: {}, lambda job, settings: Coded(1, 0), **abilities)

    assert forms.forms_of(method(), True) == (forms.COSINE,)
    assert forms.forms_of(method(), False) == (forms.RAW, forms.NORM_BYTE)
    assert forms.forms_of(method(decodes=False), False) == (forms.RAW,)
    assert forms.forms_of(method(raw=False), False) == (forms.NORM_BYTE,)
    assert forms.forms_of(method(raw=False, decodes=False), False) == ()


def test_methods_that_only_search_leave_out_what_was_seen():
    rng = np.random.default_rng(0)
    items, queries = unit_rows(rng.normal(size=(60, 4)).astype(np.float32)), rng.normal(size=(7, 4)).astype(np.float32)
    seen = Rows.from_lists([rng.choice(60, size=count, replace=False) for count in (0, 1, 5, 20, 59, 60, 3)])
    coded = Coded(1, 0, None, lambda asked, k: np.argsort(-(asked @ items.T), axis=1, kind="stable")[:, :k])
    mine = forms.searcher_of(coded, 60).search(queries, 10, exclude=seen)
    theirs = forms.searcher_of(Coded(1, 0, items), 60).search(queries, 10, exclude=seen)
    assert np.array_equal(mine.rows, theirs.rows) and (mine.rows[4] >= 0).sum() == 1 and (mine.rows[5] == -1).all()


def test_precision_is_told_by_exposure_decile():
    exposure = np.arange(100)[::-1]
    assert measure.by_decile(exposure, np.arange(100) / 100.0) == pytest.approx([0.945 - 0.1 * place for place in range(10)])


def test_the_knee_is_where_the_curve_leaves_its_chord_most():
    lengths = [1, 2, 4, 8, 16, 32]
    assert codelength.knee(lengths, [0.0, 0.5, 0.9, 0.95, 0.98, 1.0]) == 4
    assert codelength.knee(lengths, [0.5] * 6) == 1 and codelength.knee([3, 4], [0, 1]) == 3


def test_our_specs_fit_their_bytes_and_name_codecs_that_exist():
    for nbytes, cosine in ((16, True), (17, False), (128, True)):
        specs = ours.specs(384 if cosine else 128, nbytes, cosine)
        assert {"residual"} <= set(specs) or nbytes == 128
        for spec in specs.values():
            assert ours.from_spec(spec).row_bytes(384 if cosine else 128) <= nbytes
    assert ours.uses({"codec": "reduced", "inner": {"codec": "int8"}}) == {"reduced", "int8"}


def test_the_digest_of_our_code_sees_code_and_not_words():
    import ast

    worded = ast.dump(ours.without_docstrings(ast.parse('"""One."""\ndef f():\n    """Two."""  # three\n    return 1')))
    plain = ast.dump(ours.without_docstrings(ast.parse("def f():\n    return 1")))
    other = ast.dump(ours.without_docstrings(ast.parse("def f():\n    return 2")))
    assert worded == plain != other
    assert ours.source_digest(frozenset({"pq"})) == ours.source_digest(frozenset({"pq"})) != ours.source_digest(frozenset({"sign"}))


def written_out(folder):
    exact = {"set": "amazon_book", "exact": cache.packed(np.array([1.0, 0.8])), "figures": {}}
    cache.write(folder / "amazon_book" / "exact.json", exact)
    given = [
        entry("ours", "rankfold layered", "plain", values=(0.75, 0.75)),
        entry("ours", "rankfold layered", "plain", nbytes=32, row_bytes=32.0, values=(0.5, 0.4)),
        entry("peer", "faiss OPQ", nbytes=32, row_bytes=32.0, values=(0.9, 0.8)),
        factor_entry(0.01, who="ours", method="rankfold layered", form="exposure weights", values=(0.95, 0.8)),
        factor_entry(0.2, values=(0.7, 0.8)),
        entry("peer", "faiss LSQ") | {"skipped": "more than 900 s"},
    ]
    del given[-1]["values"], given[-1]["figures"]
    for one in given:
        cache.write(cache.Key(one["set"], one["method"], one["form"], one["nbytes"], one["seed"]).path(folder), one)


def test_the_page_the_json_and_the_pictures_say_the_same(tmp_path, capsys):
    folder = tmp_path / "frontier"
    written_out(folder)
    reporting.write(folder, ["text132k"])
    page, whole = (tmp_path / "frontier.md").read_text(), json.loads((tmp_path / "frontier.json").read_text())
    assert "- text132k, 32 bytes: faiss OPQ is in front by 10.0 points" in page and "## amazon_book" in page
    assert "| 17 | rankfold layered, exposure weights | 0.500 | 0.550 |" in page and "| 17 | faiss PQ, raw | 0.500 |" in page
    assert "text132k, 32 bytes" in capsys.readouterr().out
    behind = [one for one in whole["verdicts"] if one["set"] == "text132k" and one["bytes"] == 32]
    assert behind[0]["below"] and behind[0]["difference"]["mean"] == pytest.approx(-0.1) and not behind[0]["bar"]["reached"]
    assert [one["skipped"] for one in whole["skipped"]] == ["more than 900 s"]
    for name in ("text132k", "amazon_book"):
        drawn = minidom.parse(str(tmp_path / f"frontier_{name}.svg"))
        assert "rankfold layered" in {node.firstChild.data for node in drawn.getElementsByTagName("text")}


def test_a_family_is_drawn_by_its_best_at_each_size():
    found = results([entry(method="faiss EDEN 1 bit", values=(0.2, 0.2)), entry(method="faiss EDEN 2 bit", values=(0.6, 0.6)), entry(method="faiss OPQ")])
    drawn = plot.lines(found, True)
    assert [line.family for line in drawn] == ["faiss OPQ", "faiss EDEN"] and drawn[1].points == ((16.0, pytest.approx(60.0)),)


def test_cells_cannot_break_a_table():
    assert table.grid(("a", "b"), [("x|y", "z")]).splitlines()[-1] == "| x/y | z |"
    assert table.percent(0.0123) == "+1.2 %" and table.percent(float("nan")) == "-"
