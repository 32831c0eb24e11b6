"""The two bundled data sets: Debian packages with their dependencies, and art works of the Tate collection.

data/LICENCE.txt says where they come from; benchmarks/make_demo_data.py makes them.
"""

import zipfile
import zlib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from ..arrays import F32, unit_rows
from ..errors import ArtifactError
from ..interactions import Interactions
from ..vectors import Vectors, as_vectors


@dataclass(frozen=True, slots=True, eq=False)
class Packages:
    """Debian packages (users) and the packages that they depend on, recommend or suggest (items); a score is user dot item.

    items: 5,053 ALS vectors (128 dimensions, lengths from 0.2 to 9.9), ids are package names.
    users: float32 (10000, 128), fitted on the training split alone; user_ids: int64, their numbers in the full set of 15,179.
    fitting: bool (10000,), true for the random half that is meant for fitting and choosing; measure on the other half.
    interactions: user (row of `users`), item (row of `items`), split (0 train, 1 valid, 2 test; a random 80/10/10 of each user).
    popularity: int64 (5053,), training interactions of each item over all 15,179 users.
    names, sections: text of each item. named: rows of well-known items, to show neighbours of.
    """

    items: Vectors
    users: F32
    user_ids: np.ndarray
    fitting: np.ndarray
    interactions: Interactions
    popularity: np.ndarray
    names: tuple[str, ...]
    sections: tuple[str, ...]
    named: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Artworks:
    """10,000 art works of the Tate collection; a score is the cosine of two works.

    items: sentence vectors of "title, artist, medium" (all-MiniLM-L6-v2, 384 dimensions, unit rows), ids are accession numbers.
    fitting: bool (10000,), true for the random half that is meant for fitting; measure on all.
    titles, artists: text of each work. named: rows of well-known works, to show neighbours of.
    """

    items: Vectors
    fitting: np.ndarray
    titles: tuple[str, ...]
    artists: tuple[str, ...]
    named: np.ndarray


def load_packages() -> Packages:
    """The bundled Debian set. Raises ArtifactError when the bundled file is missing or damaged."""
    bundle = _bundle("packages")
    names = _lines(bundle["names"])
    users = bundle["users_int8"].astype(np.float32) * bundle["users_scale"][:, None]
    return Packages(
        items=as_vectors(bundle["items"].astype(np.float32), np.array(names), space="debian-als128"),
        users=users,
        user_ids=bundle["users_number"].astype(np.int64),
        fitting=bundle["users_fitting"],
        interactions=Interactions(
            user=np.repeat(np.arange(users.shape[0], dtype=np.int64), bundle["list_lengths"]),
            item=bundle["list_items"].astype(np.int64),
            split=bundle["list_splits"].astype(np.int8),
        ),
        popularity=bundle["popularity"].astype(np.int64),
        names=names,
        sections=_lines(bundle["sections"]),
        named=bundle["named"].astype(np.int64),
    )


def load_artworks() -> Artworks:
    """The bundled Tate set. Raises ArtifactError when a bundled file is missing or damaged."""
    vectors, texts = _bundle("artworks_vectors"), _bundle("artworks_texts")
    rows = unit_rows(vectors["int8"].astype(np.float32) * vectors["scale"][:, None])
    return Artworks(
        items=as_vectors(rows, np.array(_lines(texts["ids"])), space="all-MiniLM-L6-v2"),
        fitting=texts["fitting"],
        titles=_lines(texts["titles"]),
        artists=_lines(texts["artists"]),
        named=texts["named"].astype(np.int64),
    )


def licence() -> str:
    """Where the bundled data comes from and on what terms, as text."""
    return (files(__package__) / "data" / "LICENCE.txt").read_text(encoding="utf-8")


def _bundle(name: str) -> dict[str, np.ndarray]:
    try:
        with (files(__package__) / "data" / f"{name}.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ArtifactError(f"bundled data {name}.npz: cannot be read ({error}). Install rankfold again.") from error


def _lines(text: np.ndarray) -> tuple[str, ...]:
    return tuple(text.tobytes().decode("utf-8").split("\n"))
