"""Lists hold every nonzero once, by latent and window."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search import postings
from rankfold.search.postings import postings_of
from rankfold.vectors import as_vectors


def test_lists_are_the_nonzeros(monkeypatch):
    monkeypatch.setattr(postings, "WINDOW_ROWS", 90)
    x = np.random.default_rng(0).standard_normal((200, 12)).astype(np.float32)
    segment = compress(as_vectors(x), from_spec({"codec": "sparse", "nonzeros": 4, "dictionary": 32})).segments[0]
    part = postings_of(segment)
    assert part.windows == 3 and part.starts.size == 32 * 3 + 1 and part.rows == 200
    index, value = segment.codec.latents(segment.state, segment.codes)
    wanted = np.zeros((200, 32))
    np.add.at(wanted, (np.arange(200)[:, None], index), value)
    held = np.zeros((200, 32))
    for latent in range(32):
        for window in range(3):
            place = latent * 3 + window
            mine = slice(part.starts[place], part.starts[place + 1])
            assert (np.diff(part.local[mine].astype(int)) > 0).all()
            held[window * 90 + part.local[mine].astype(int), latent] = part.value[mine] * float(part.step[latent, window])
    assert (np.abs(held - wanted) <= part.coarsest / 2 * (1 + 1e-6)).all()
    assert np.linalg.norm(held - wanted, axis=1).max() <= part.row_error * (1 + 1e-6)
    assert part.nbytes > 0


def test_a_latent_that_a_row_has_twice_is_one():
    latent, local, value = postings._by_latent(np.array([[3, 3, 1], [0, 3, 0]]), np.float32([[1, -0.5, 2], [0, 4, 0]]))
    assert latent.tolist() == [1, 3, 3] and local.tolist() == [0, 0, 1] and value.tolist() == [2, 0.5, 4]
