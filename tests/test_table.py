"""Tables: add, remove, compact and look-ups behave like a dictionary of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.arrays import unit_rows
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.table import ENCODE_ROWS, build, encode_rows
from rankfold.vectors import as_vectors

HALF = from_spec({"codec": "half"})


def rows_of(count, dim=6, seed=0):
    return np.random.default_rng(seed).integers(-8, 9, (count, dim)).astype(np.float32) + np.float32(0.5)


def test_add_then_search_order_equals_encoding_together():
    x = rows_of(50)
    whole = compress(as_vectors(x), HALF)
    first = compress(as_vectors(x[:30]), HALF)
    both = first.add(as_vectors(x[30:], np.arange(30, 50)))
    np.testing.assert_array_equal(both.decode(), whole.decode())
    assert len(both.segments) == 2 and first.count == 30
    joined = both.compact()
    assert len(joined.segments) == 1
    np.testing.assert_array_equal(joined.decode(), whole.decode())
    np.testing.assert_array_equal(joined.ids, np.arange(50))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "compact"]), st.integers(0, 2**31)), max_size=12))
def test_any_sequence_of_changes_matches_a_dictionary(steps):
    x = rows_of(10)
    table = compress(as_vectors(x), HALF)
    model = {i: x[i] for i in range(10)}
    fresh = 10
    for what, seed in steps:
        rng = np.random.default_rng(seed)
        if what == "add":
            more = rows_of(int(rng.integers(1, 5)), seed=seed)
            ids = np.arange(fresh, fresh + more.shape[0])
            fresh += more.shape[0]
            table = table.add(as_vectors(more, ids))
            model |= dict(zip(ids.tolist(), more, strict=True))
        elif what == "remove" and len(model) > 1:
            gone = rng.choice(sorted(model), int(rng.integers(1, len(model))), replace=False)
            table = table.remove(gone)
            for one in gone.tolist():
                del model[one]
        elif what == "compact":
            table = table.compact()
            assert table.count == len(model)
    assert table.count_alive == len(model)
    rows = table.row_of(np.array(sorted(model)))
    assert (rows >= 0).all()
    np.testing.assert_array_equal(table.decode(rows), np.stack([model[one] for one in sorted(model)]))
    assert (table.row_of(np.array([-5, fresh + 1])) == -1).all()


def test_an_old_table_is_untouched_by_changes():
    table = compress(as_vectors(rows_of(10)), HALF)
    before = table.decode().copy()
    table.remove([3])
    table.add(as_vectors(rows_of(2), [10, 11]))
    assert table.count_alive == 10
    np.testing.assert_array_equal(table.decode(), before)


def test_text_ids():
    table = compress(as_vectors(rows_of(3), ["a", "bb", "ccc"]), HALF)
    np.testing.assert_array_equal(table.row_of(["ccc", "zz", "a"]), [2, -1, 0])
    more = table.add(as_vectors(rows_of(1), ["a longer id"]))
    np.testing.assert_array_equal(more.row_of(["a longer id", "bb"]), [3, 1])
    back = table.remove(["bb"]).add(as_vectors(rows_of(1), ["bb"]))
    np.testing.assert_array_equal(back.row_of(["bb"]), [3])
    with pytest.raises(InputError, match="expected strings"):
        table.row_of([1, 2])


def test_bytes_do_not_depend_on_the_batch():
    x = np.random.default_rng(0).standard_normal((ENCODE_ROWS + 77, 16)).astype(np.float32)
    codec = from_spec({"codec": "normed", "inner": {"codec": "pq", "groups": 4}})
    state = codec.fit(x, np.ones(x.shape[0], np.float32), np.random.default_rng(0))
    whole = encode_rows(codec, state, x)
    for start, stop in ((0, 1), (5, 8), (100, 877), (ENCODE_ROWS - 3, ENCODE_ROWS + 5)):
        part = encode_rows(codec, state, x[start:stop])
        for name, column in part.items():
            np.testing.assert_array_equal(column, whole[name][start:stop])


def test_parts_add_up():
    table = compress(as_vectors(rows_of(300, 8)), from_spec({"codec": "normed", "inner": {"codec": "pq", "groups": 4}}))
    parts = table.parts()
    assert parts["codes"] == 300 * 4 and parts["scales"] == 300 and parts["ids"] == 300 * 8
    assert parts["codebooks"] >= 256 * 8 * 2
    assert table.nbytes == sum(parts.values())


def test_refusals():
    table = compress(as_vectors(rows_of(10), space="one"), HALF)
    with pytest.raises(InputError, match="holds already"):
        table.add(as_vectors(rows_of(2), [20, 4]))
    with pytest.raises(InputError, match="7 dimensions; expected 6"):
        table.add(as_vectors(rows_of(2, 7), [20, 21]))
    with pytest.raises(InputError, match="two.*one"):
        table.add(as_vectors(rows_of(2), [20, 21], space="two"))
    with pytest.raises(InputError, match="99.*not in the table"):
        table.remove([1, 99])
    with pytest.raises(InputError, match="all the rows"):
        table.remove(np.arange(10))
    with pytest.raises(InputError, match="rows"):
        table.decode(np.array([10]))
    with pytest.raises(InputError, match="same id"):
        build(6, False, np.zeros(10, np.int64), table.segments)


def test_rows_far_from_the_fit_are_warned_of():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 16)).astype(np.float32)
    table = compress(as_vectors(x), from_spec({"codec": "int8"}))
    table.add(as_vectors(x[:3] * 2, [900, 901, 902]))
    with pytest.warns(RuntimeWarning, match="1 of 2 rows.*id '999'"):
        table.add(as_vectors(np.stack([x[0], x[1] * 1000]), [998, 999]))


def test_added_rows_of_another_length_are_warned_of_where_all_have_one():
    x = unit_rows(np.random.default_rng(0).standard_normal((500, 16)).astype(np.float32))
    table = compress(as_vectors(x), from_spec({"codec": "pq", "groups": 4}))
    table.add(as_vectors(x[:3], [900, 901, 902]))
    with pytest.warns(RuntimeWarning, match="1 of 2 rows have another length.*id '999'"):
        table.add(as_vectors(np.stack([x[0], x[1] * 2]), [998, 999]))
