"""Exports checked through engines: one made here, and those that are installed."""

import os
import sys

import numpy as np
import pytest

from rankfold.errors import ArtifactError, InputError, MissingExtra
from rankfold.exchange.check import check, check_runnable, missing
from rankfold.exchange.engine import Engine, Local
from rankfold.exchange.export import export_rows
from rankfold.exchange.registry import ENGINES
from rankfold.exchange.scipycsr import read, write
from tests.exchange.samples import fake_engine, some_rows

ROWS = some_rows(count=300, width=40)
QUERIES = some_rows(count=60, width=40, nonzeros=9, seed=3)
RUNNING = [(name, local) for name, one in ENGINES.items() for local in one.local if local.is_installed and local.package != "qdrant-client"]


def test_an_engine_that_is_right(tmp_path):
    done = export_rows(ROWS, tmp_path / "out", fake_engine(), queries=QUERIES)
    (found,) = check(done, k=10)
    assert found.version == "fake 1.0" and found.k == 10 and found.agreement.mean == 1 and found.agreement.n == 59 and found.row_bytes == 80
    assert found.to_dict()["agreement"]["mean"] == 1


def test_an_engine_that_drops_negative_products_is_found_out(tmp_path):
    def clamped(scores):
        return np.sqrt(np.maximum(scores - 1, 0)) + np.random.default_rng(0).random(scores.shape) * (scores < 1)

    (found,) = check(export_rows(ROWS, tmp_path / "out", fake_engine(spoil=clamped), queries=QUERIES), k=50)
    assert found.agreement.mean < 0.9


@pytest.mark.parametrize(("signed", "exact"), [(True, True), (False, False)])
def test_split_rows_are_compared_with_the_lists_of_signed_ones(tmp_path, signed, exact):
    seen = []
    engine = fake_engine(signed_rows=False, signed_queries=signed, seen=seen)
    done = export_rows(ROWS, tmp_path / "out", engine, queries=QUERIES)
    (found,) = check(done, k=10)
    assert done.signs == "split" and done.exact == exact and (found.agreement.mean == 1) == exact
    assert seen[0].asked[0].width == 80 and seen[0].asked[0].has_negative == signed


def test_rows_ask_where_there_are_no_queries(tmp_path):
    seen = []
    done = export_rows(ROWS, tmp_path / "out", fake_engine(seen=seen))
    (found,) = check(done, k=5, queries=20, seed=1)
    assert found.agreement.n == 20 and seen[0].asked[0].count == 20
    (again,) = check(done, k=5, queries=20, seed=1)
    assert again == found
    (short,) = check(done, k=10_000, queries=20)
    assert short.k == 300


def test_a_slow_engine_is_asked_less(tmp_path):
    seen = []
    done = export_rows(ROWS, tmp_path / "out", fake_engine(seen=seen, most_products=300 * 9 * 7), queries=QUERIES)
    check(done, k=5)
    assert seen[0].asked[0].count == 7
    done = export_rows(ROWS, tmp_path / "other", fake_engine(seen=seen, most_products=1), queries=QUERIES)
    check(done, k=5)
    assert seen[1].asked[0].count == 1


@pytest.mark.parametrize("name", ["rows.npz", "rows.ids.npy", "queries.npz"])
def test_files_that_changed_are_found(tmp_path, name):
    done = export_rows(ROWS, tmp_path / "out", fake_engine(), queries=QUERIES)
    other = export_rows(some_rows(count=300, width=40, seed=8, ids=np.arange(300) + 1), tmp_path / "other", fake_engine(), queries=some_rows(width=40))
    os.replace(other.path / name, done.path / name)
    with pytest.raises(ArtifactError, match=f"{name.split('.')[0]} read back with other"):
        check(done, k=5)


def test_an_engine_that_does_not_run_from_pip_is_read_back_only(tmp_path):
    assert check(export_rows(ROWS, tmp_path / "out", "milvus", queries=QUERIES)) == []


def test_missing_packages_are_named_with_the_command(tmp_path):
    gone = Local("no-such-engine", "no_such_engine", None)
    engine = Engine("gone", fake_engine().contract, write, read, (gone,))
    assert missing(engine) == [gone]
    for run in (lambda: check_runnable(engine), lambda: check(export_rows(ROWS, tmp_path / "out", engine))):
        with pytest.raises(MissingExtra, match=r'no-such-engine .*is not installed. Install it with: pip install "rankfold\[engines\]"') as error:
            run()
        assert "\n" not in str(error.value)
    check_runnable(Engine("half", fake_engine().contract, write, read, (gone, *fake_engine().local)))


def test_an_engine_that_fails_is_named_and_the_export_stays(tmp_path):
    def failing(scores):
        raise ZeroDivisionError("in\nthe engine")

    done = export_rows(ROWS, tmp_path / "out", fake_engine(spoil=failing))
    with pytest.raises(ArtifactError, match=r"^fake: the engine failed \(ZeroDivisionError: in the engine\)"):
        check(done)
    assert (done.path / "rows.npz").exists()


def test_the_doors(tmp_path):
    done = export_rows(ROWS, tmp_path / "out", fake_engine())
    for wrong in ({"k": 0}, {"queries": 0}):
        with pytest.raises(InputError, match="expected at least 1"):
            check(done, **wrong)
    empty = export_rows(ROWS, tmp_path / "other", fake_engine(), queries=ROWS.take(np.array([2])))
    with pytest.raises(InputError, match="all are empty"):
        check(empty)


# Each PostgreSQL takes seconds to make.
RUNS = [pytest.param(name, local, id=f"{name} {local.load.__name__}", marks=[pytest.mark.heavy] * (name == "pgvector")) for name, local in RUNNING]


@pytest.mark.parametrize(("name", "local"), RUNS)
@pytest.mark.parametrize("signs", ["auto", "split"])
def test_installed_engines_return_the_exact_lists(tmp_path, capfd, name, local, signs):
    engine = Engine(name, ENGINES[name].contract, ENGINES[name].write, ENGINES[name].read, (local,))
    ids = np.array([f"it's \\ {row}\t\n" for row in range(300)]) if name in ("qdrant", "pgvector") else np.arange(300) + 10**6
    rows = some_rows(count=300, width=40, ids=ids)
    for place, queries in (("own", None), ("asked", QUERIES)):
        (found,) = check(export_rows(rows, tmp_path / place, engine, queries=queries, signs=signs), k=20, queries=60)
        # Seismic keeps values in 16 bits, and its index approximates.
        assert found.agreement.mean >= (0.9 if name == "seismic" else 1) and found.agreement.n >= 59
    assert capfd.readouterr().out == "" and sys.stdout is not None
