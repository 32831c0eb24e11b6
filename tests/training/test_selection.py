import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rankfold.training import selection  # noqa: E402
from rankfold.training.selection import strongest  # noqa: E402


def sets(places, count, width):
    """The columns of each row's `count` largest."""
    return [set(row[:count].tolist()) for row in (places % width).numpy()]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("counts", [(1,), (3, 8), (2, 4, 30)])
@pytest.mark.parametrize("rows", [1, 7, 200])
def test_the_largest_of_each_row_ties_to_the_first(dtype, counts, rows):
    scores = torch.from_numpy(np.random.default_rng(rows).standard_normal((rows, 30)).astype(np.float32)).to(dtype)
    scores[0, :20] = 0.5
    chosen = strongest(scores, counts)
    size = scores.float().abs().numpy()
    order = np.argsort(-size, axis=1, kind="stable")
    assert chosen.shape == (rows, counts[-1])
    assert (chosen // 30 == torch.arange(rows)[:, None]).all()
    for count in counts:
        assert sets(chosen, count, 30) == [set(row[:count].tolist()) for row in order]


def test_what_is_not_needed_is_left_out():
    scores = torch.from_numpy(np.random.default_rng(1).standard_normal((150, 40)).astype(np.float32))
    whole, part = strongest(scores, (3, 9)), strongest(scores, (3, 9), (150, 70))
    assert torch.equal(whole[:70], part[:70]) and sets(part, 3, 40) == sets(whole, 3, 40)
    assert not part[selection.BLOCK_ROWS * 2 :, 3:].any()


def test_threads_and_the_search_of_other_devices_choose_the_same():
    scores = torch.from_numpy(np.random.default_rng(1).standard_normal((150, 40)).astype(np.float32))
    one = strongest(scores, (4, 9))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        three = strongest(scores, (4, 9))
    finally:
        torch.set_num_threads(threads)
    searched = selection._by_search(scores, (4, 9))
    assert torch.equal(one, three)
    for count in (4, 9):
        assert sets(one, count, 40) == sets(searched, count, 40)


def test_what_is_no_number_is_chosen_and_not_hidden():
    scores = torch.zeros(2, 10)
    scores[0, 7], scores[1, 3] = torch.nan, torch.inf
    chosen = strongest(scores, (1,))
    assert chosen.ravel().tolist() == [7, 13]
