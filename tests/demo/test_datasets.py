"""The bundled data: whole, of the promised size, and good for what the demo says with it."""

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from rankfold.demo import datasets
from rankfold.demo.datasets import licence, load_artworks, load_packages
from rankfold.errors import ArtifactError


@pytest.fixture(scope="module")
def packages():
    return load_packages()


@pytest.fixture(scope="module")
def artworks():
    return load_artworks()


def test_the_bundle_is_small():
    sizes = {entry.name: len(entry.read_bytes()) for entry in (files("rankfold.demo") / "data").iterdir() if entry.is_file()}
    assert set(sizes) == {"packages.npz", "artworks_vectors.npz", "artworks_texts.npz", "LICENCE.txt"}
    assert max(sizes.values()) <= 3_400_000 and sum(sizes.values()) <= 5_900_000


def test_packages_fit_together(packages):
    events = packages.interactions
    assert (packages.items.count, packages.items.dim) == (5_053, 128) == (len(packages.names), 128)
    assert packages.users.shape == (10_000, 128) and packages.users.dtype == np.float32
    assert packages.user_ids.shape == packages.fitting.shape == (10_000,) and np.unique(packages.user_ids).size == 10_000
    assert packages.fitting.dtype == np.bool_ and packages.fitting.sum() == 5_000
    assert len(packages.sections) == packages.popularity.size == 5_053
    assert events.user.max() == 9_999 and events.item.min() >= 0 and events.item.max() < 5_053
    assert np.unique(events.user * 5_053 + events.item).size == events.count
    assert packages.items.ids[packages.names.index("libc6")] == b"libc6"


def test_every_user_has_something_to_learn_from_and_to_be_tested_on(packages):
    events = packages.interactions
    for split in (0, 1, 2):
        assert (np.bincount(events.user[events.split == split], minlength=10_000) >= 1).all()


def test_popularity_counts_all_users(packages):
    events = packages.interactions
    ours = np.bincount(events.item[events.split == 0], minlength=5_053)
    assert (packages.popularity >= ours).all() and packages.popularity.sum() == 116_757
    assert packages.names[int(np.argmax(packages.popularity))] == "libc6"


def test_item_norms_are_far_from_equal(packages):
    norms = np.linalg.norm(packages.items.read(), axis=1)
    assert norms.min() < 0.2 and norms.max() > 9


def test_named_packages_are_known(packages):
    assert {"python3-numpy", "git", "ffmpeg"} <= {packages.names[row] for row in packages.named}
    rows = packages.items.read()
    numpy = rows[packages.names.index("python3-numpy")]
    cosine = rows @ numpy / np.linalg.norm(rows, axis=1)
    assert "python3-scipy" in [packages.names[row] for row in np.argsort(-cosine)[1:4]]


def test_the_vectors_rank_what_was_held_out(packages):
    events, rows = packages.interactions, packages.items.read()
    users = np.flatnonzero(~packages.fitting)[:400]
    hits, popular_hits, total = 0, 0, 0
    for user in users:
        mine = events.user == user
        seen, relevant = events.item[mine & (events.split < 2)], events.item[mine & (events.split == 2)]
        hits += np.isin(first_ten(rows @ packages.users[user], seen), relevant).sum()
        popular_hits += np.isin(first_ten(packages.popularity.astype(np.float32), seen), relevant).sum()
        total += relevant.size
    assert hits / total > 0.5
    assert hits > 1.5 * popular_hits


def first_ten(scores, seen):
    """The ten best items that were not seen."""
    masked = scores.copy()
    masked[seen] = -np.inf
    return np.argpartition(-masked, 10)[:10]


def test_artworks_fit_together(artworks):
    rows = artworks.items.read()
    assert rows.shape == (10_000, 384) and len(artworks.titles) == len(artworks.artists) == artworks.fitting.size == 10_000
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert artworks.fitting.sum() == 5_000
    assert len({(title.lower(), artist) for title, artist in zip(artworks.titles, artworks.artists)}) == 10_000
    assert all(artworks.titles) and all(artworks.artists)


def test_no_artist_dominates(artworks):
    assert max(artworks.artists.count(artist) for artist in ("Joseph Mallord William Turner", "Henry Moore OM, CH", "Andy Warhol")) <= 100
    assert len(set(artworks.artists)) > 2_000


def test_named_works_have_sensible_neighbours(artworks):
    named = [artworks.titles[row] for row in artworks.named]
    assert {"Ophelia", "Whaam!", "The Snail", "Red on Maroon"} <= set(named)
    rows = artworks.items.read()
    rothko = artworks.named[named.index("Red on Maroon")]
    nearest = np.argsort(-(rows @ rows[rothko]))[:3]
    assert nearest[0] == rothko and "Black on Maroon" in [artworks.titles[row] for row in nearest]


def test_loading_twice_gives_the_same(artworks):
    again = load_artworks()
    assert hashlib.sha256(again.items.read()).digest() == hashlib.sha256(artworks.items.read()).digest()


def test_the_licence_names_both_sources():
    assert "Debian" in licence() and "Tate" in licence() and "CC0" in licence()


@pytest.mark.parametrize("damage", ["missing", "cut", "flipped"])
def test_a_damaged_bundle_is_reported(tmp_path, monkeypatch, damage):
    (tmp_path / "data").mkdir()
    whole = (files("rankfold.demo") / "data" / "artworks_texts.npz").read_bytes()
    (tmp_path / "data" / "artworks_vectors.npz").write_bytes((files("rankfold.demo") / "data" / "artworks_vectors.npz").read_bytes())
    if damage == "cut":
        (tmp_path / "data" / "artworks_texts.npz").write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        middle = len(whole) // 2
        (tmp_path / "data" / "artworks_texts.npz").write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    monkeypatch.setattr(datasets, "files", lambda package: tmp_path)
    with pytest.raises(ArtifactError, match=r"artworks_texts\.npz: cannot be read .*Install rankfold again"):
        load_artworks()
