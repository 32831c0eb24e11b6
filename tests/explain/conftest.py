"""A small dictionary whose latents are known by name, and rows made of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from rankfold.codec import Latents
from rankfold.codes import Codes
from rankfold.explain import Reading
from rankfold.table import Segment, build


class Sums:
    """As much of a codec as a table needs to decode rows and to say their latents."""

    name = "sums"

    def decode(self, state, codes):
        return np.einsum("nk,nkd->nd", codes["value"], state["atoms"][codes["index"]])

    def latents(self, state, codes):
        return codes["index"], codes["value"]

    def atoms(self, state):
        return state["atoms"]


def table_of(latents, ids, *, parts=1):
    """A table of these rows in so many segments."""
    cuts = np.linspace(0, len(latents.index), parts + 1).astype(int)
    segments = [
        Segment(Sums(), {"atoms": latents.atoms}, Codes({"index": latents.index[a:b], "value": latents.value[a:b]}), int(a)) for a, b in zip(cuts, cuts[1:])
    ]
    return build(latents.atoms.shape[1], False, ids, segments)


@pytest.fixture
def tables():
    return SimpleNamespace(of=table_of, codec=Sums)


@pytest.fixture
def sea():
    """Five items over six atoms in four dimensions: 0 sea, 1 ships, 2 night; 3 nearly sea again; 4 and 5 are used by nobody."""
    atoms = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0.96, 0, 0.28, 0], [0, 0.6, 0, 0.8], [0, -0.6, 0, -0.8]], np.float32)
    index = np.array([[0, 1], [0, 2], [3, 1], [2, 0], [0, 5]], np.int32)
    value = np.array([[0.8, 0.6], [0.9, -0.4], [0.7, 0.7], [-1.0, 0.1], [0.5, 0.0]], np.float32)
    return Latents(index, value, atoms)


@pytest.fixture
def reading(sea):
    return Reading(sea, np.array(["calm", "dusk", "fleet", "noon", "wave"]), ["Calm sea", "Dusk", "The fleet", "", "A wave"])


def random_latents(seed, *, rows=40, size=24, dim=8, nonzeros=5):
    """Random rows over a random dictionary; some entries are 0."""
    rng = np.random.default_rng(seed)
    index = np.stack([rng.permutation(size)[:nonzeros] for _ in range(rows)]).astype(np.int32)
    value = rng.standard_normal((rows, nonzeros)).astype(np.float32) * (rng.random((rows, nonzeros)) < 0.9)
    return Latents(index, value, rng.standard_normal((size, dim)).astype(np.float32))


@pytest.fixture
def drawn():
    return random_latents
