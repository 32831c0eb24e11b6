"""Tables of one kind share codebooks and lose little; tables of another kind keep their own."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.errors import InputError
from rankfold.store import link_equal, load, save
from rankfold.tune.sharing import share
from rankfold.vectors import as_vectors

PQ = from_spec({"codec": "pq", "groups": 4})


@pytest.fixture(scope="module")
def tables():
    """Two tables of one distribution, and one in another corner of the space on other axes."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((25, 16))
    alike = {name: centres[rng.integers(0, 25, 900)] + 0.3 * rng.standard_normal((900, 16)) for name in ("books", "films")}
    far = rng.standard_normal((900, 4)) @ rng.standard_normal((4, 16)) * 9 + 40
    return {name: as_vectors(x.astype(np.float32)) for name, x in {**alike, "odd": far}.items()}


@pytest.fixture(scope="module")
def shared(tables):
    return share(tables, PQ, limit=0.03)


def test_alike_tables_share_and_others_do_not(shared):
    assert shared.groups == (("books", "films"), ("odd",))
    assert shared.tables["books"].segments[0].state is shared.tables["films"].segments[0].state
    assert shared.tables["odd"].segments[0].state is not shared.tables["books"].segments[0].state
    assert list(shared.tables) == ["books", "films", "odd"]


def test_the_limit_holds_and_bytes_are_saved(shared):
    told = shared.report()
    assert all(one["loss"] <= 0.03 for one in told["overlap@10"].values()) and told["overlap@10"]["odd"]["loss"] == 0
    assert told["saved"] == pytest.approx(1 / 3, abs=0.02) and shared.shared_bytes < shared.own_bytes


def test_no_limit_merges_all_and_none_merges_nothing_that_loses(tables, shared):
    assert len(share(tables, PQ, limit=1.0).groups) == 1
    for name, (own, now) in share(tables, PQ, limit=0.0).overlap.items():
        assert now >= own, name
    again = share(tables, PQ, limit=0.03)
    assert all(np.array_equal(again.tables[name].decode(), shared.tables[name].decode()) for name in tables)


def test_on_disk_the_codebooks_are_there_once(shared, tmp_path):
    for name, table in shared.tables.items():
        save(table, tmp_path / name)
    assert link_equal([tmp_path / name for name in shared.tables]) > 0.9 * (shared.own_bytes - shared.shared_bytes)
    assert np.array_equal(load(tmp_path / "films").decode(), shared.tables["films"].decode())


def test_refuses_what_cannot_share(tables):
    with pytest.raises(InputError, match="at least two"):
        share({"a": tables["books"]}, PQ)
    with pytest.raises(InputError, match="dimensions"):
        share({"a": tables["books"], "b": as_vectors(np.ones((30, 4), np.float32))}, PQ)
    with pytest.raises(InputError, match="limit"):
        share(tables, PQ, limit=-0.1)
    with pytest.raises(InputError, match="has 19 rows"):
        share({"a": tables["books"], "b": tables["films"].arranged(np.arange(19))}, PQ)
