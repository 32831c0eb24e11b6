"""The bundled data as ordinary files, so that the command line can be tried on real data without a network."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import ArtifactError, InputError
from .datasets import Artworks, Packages, licence, load_artworks, load_packages

SPLIT_NAMES = ("train", "valid", "test")
FILES = ("items.npz", "users.npy", "interactions.csv", "artworks.npz", "titles.csv", "LICENCE.txt")


def unpack(folder: str | Path) -> list[Path]:
    """Write both bundled sets into `folder`, which is made when it is not there; returns the files, in the order of FILES.

    items.npz: x float32 (5053, 128), ids (package names), space. users.npy: float32 (10000, 128), scored by dot product; a user is its row number.
    interactions.csv: user, item, split (train, valid, test). artworks.npz: x float32 (10000, 384), unit rows, ids (accession numbers), space.
    titles.csv: id, title, artist.
    Raises InputError when one of the files is there already (nothing is written then), ArtifactError when a file cannot be written.
    """
    root = Path(folder)
    paths = [root / name for name in FILES]
    there = [path.name for path in paths if path.exists()]
    if there or (root.exists() and not root.is_dir()):
        raise InputError(f"folder: {root} holds {', '.join(there) or 'no folder but a file'} already; expected a new or another folder.")
    packages, artworks = load_packages(), load_artworks()
    try:
        root.mkdir(parents=True, exist_ok=True)
        np.savez(paths[0], x=packages.items.read(), ids=packages.items.ids, space=np.array(packages.items.space))
        np.save(paths[1], packages.users)
        _write_csv(paths[2], ("user", "item", "split"), _events(packages))
        np.savez(paths[3], x=artworks.items.read(), ids=artworks.items.ids, space=np.array(artworks.items.space))
        _write_csv(paths[4], ("id", "title", "artist"), _works(artworks))
        paths[5].write_text(licence(), encoding="utf-8")
    except OSError as error:
        raise ArtifactError(f"{root}: cannot be written ({error.strerror or error}). Free space or choose another folder.") from error
    return paths


def _events(packages: Packages) -> Iterable[tuple[int, str, str]]:
    events = packages.interactions
    split = np.zeros(events.count, np.int8) if events.split is None else events.split
    for user, item, part in zip(events.user.tolist(), events.item.tolist(), split.tolist()):
        yield user, packages.names[item], SPLIT_NAMES[part]


def _works(artworks: Artworks) -> Iterable[tuple[str, str, str]]:
    for one_id, title, artist in zip(artworks.items.ids.tolist(), artworks.titles, artworks.artists):
        yield one_id.decode(), title, artist


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
