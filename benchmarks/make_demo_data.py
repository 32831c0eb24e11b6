"""Make the bundled demo data: rankfold/demo/data/*.npz from the full sets in ../shared/data.

    python benchmarks/make_demo_data.py [--source ../shared/data] [--out rankfold/demo/data]

Two sets, both free to ship (rankfold/demo/data/LICENCE.txt says where they come from):

- Debian packages recommending their dependencies: all 5,053 item vectors (ALS, 128 dimensions, float16) and 10,000 of the 15,179 users (int8 with one
  float32 scale a row), with all interactions of these users. A random half of the users is marked for fitting and choosing, the rest for measuring.
- 10,000 of the 69,202 art works of the Tate collection: sentence vectors (384 dimensions, seven bits a value in int8, one float32 scale a row), titles
  and artists. Works without a real title and repeats of (title, artist) are left out, and no artist gives more than 100, so that neighbours are worth
  looking at (Turner alone has 37,767 rows). A random half is marked for fitting. The seventh bit is what fits the size of the bundle: the script prints
  the cosine to the source rows.

Same seed, same bytes. Text is UTF-8 with one entry a line, stored as uint8; nothing is pickled.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

SEED = 20
USERS = 10_000
WORKS = 10_000
WORKS_OF_ONE_ARTIST = 100
LARGEST_FILE_BYTES = 3_400_000
LARGEST_BUNDLE_BYTES = 5_900_000

NAMED_PACKAGES = ["python3-numpy", "git", "ffmpeg", "r-cran-ggplot2", "apache2", "gimp", "libsdl2-2.0-0", "texlive-latex-recommended", "postgresql", "graphviz"]

NAMED_WORKS = [
    "N01506",  # Ophelia, Millais
    "T00897",  # Whaam!, Lichtenstein
    "N00530",  # Snow Storm - Steam-Boat off a Harbour's Mouth, Turner
    "N01981",  # Norham Castle, Sunrise, Turner
    "N06228",  # The Kiss, Rodin
    "N01543",  # The Lady of Shalott, Waterhouse
    "N01615",  # Carnation, Lily, Lily, Rose, Sargent
    "T03254",  # A Bigger Splash, Hockney
    "T05010",  # Weeping Woman, Picasso
    "T01571",  # Nocturne: Blue and Silver - Chelsea, Whistler
    "N05058",  # Newton, Blake
    "T03257",  # Lobster Telephone, Dali
    "T00540",  # The Snail, Matisse
    "T07573",  # Fountain, Duchamp
    "T00069",  # The Cholmondeley Ladies
    "N06171",  # Three Studies for Figures at the Base of a Crucifixion, Bacon
    "T01165",  # Red on Maroon, Rothko
    "T00525",  # Swan Upping at Cookham, Spencer
]

NO_TITLE = {"blank", "untitled", "title not known", "no title", "printed page", ""}


def text_array(lines: list[str]) -> np.ndarray:
    """Lines of text as UTF-8 bytes, uint8, joined by line feeds."""
    return np.frombuffer("\n".join(" ".join(line.split()) for line in lines).encode(), np.uint8)


def half_of(count: int, rng: np.random.Generator) -> np.ndarray:
    """A random half, as bool (count,)."""
    marked = np.zeros(count, np.bool_)
    marked[rng.choice(count, count // 2, replace=False)] = True
    return marked


def int8_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows as int8 (n, d) and float32 scales (n,): row = int8 * scale."""
    scale = (np.abs(matrix).max(axis=1) / 127).astype(np.float32)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def packages(source: Path) -> dict[str, np.ndarray]:
    """The arrays of packages.npz."""
    rng = np.random.default_rng([SEED, 1])
    vectors = np.load(source / "debian_deps_vectors_f16.npz")
    table = pq.read_table(source / "debian_deps_interactions.parquet")
    user, item, split = (table[name].to_numpy() for name in ("user", "item", "split"))
    catalogue = pq.read_table(source / "debian50k_items.parquet", columns=["package", "section"]).to_pydict()
    rows = vectors["item_row_in_50k"]
    names = [catalogue["package"][row] for row in rows]
    items = vectors["als128_item"]

    chosen = np.sort(rng.choice(vectors["als128_user"].shape[0], USERS, replace=False))
    codes, scale = int8_rows(vectors["als128_user"][chosen].astype(np.float32))
    order = np.lexsort((item, user))
    kept = order[np.isin(user[order], chosen)]
    return {
        "items": items,
        "names": text_array(names),
        "sections": text_array([catalogue["section"][row] for row in rows]),
        "popularity": np.bincount(item[split == 0], minlength=len(names)).astype(np.uint16),
        "users_int8": codes,
        "users_scale": scale,
        "users_number": chosen.astype(np.uint16),
        "users_fitting": half_of(USERS, rng),
        "list_lengths": np.bincount(np.searchsorted(chosen, user[kept]), minlength=USERS).astype(np.uint16),
        "list_items": item[kept].astype(np.uint16),
        "list_splits": split[kept].astype(np.uint8),
        "named": np.array([names.index(name) for name in NAMED_PACKAGES], np.uint16),
    }


def artworks(source: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The arrays of artworks_vectors.npz and artworks_texts.npz."""
    rng = np.random.default_rng([SEED, 2])
    table = pq.read_table(source / "text132k_items.parquet", columns=["source", "id", "title", "text"]).to_pydict()
    tate = np.flatnonzero(np.array(table["source"]) == "tate")
    ids, titles = [table["id"][row] for row in tate], [table["title"][row] for row in tate]
    artists = [table["text"][row].split(";")[0].strip() for row in tate]

    chosen = [ids.index(one_id) for one_id in NAMED_WORKS]
    seen = {(titles[work].lower(), artists[work]) for work in chosen}
    of_artist = Counter(artists[work] for work in chosen)
    for work in rng.permutation(len(ids)).tolist():
        key = (titles[work].lower(), artists[work])
        real = titles[work].strip("[]?() ").lower() not in NO_TITLE and not titles[work].startswith("[")
        if len(chosen) < WORKS and real and artists[work] and key not in seen and of_artist[artists[work]] < WORKS_OF_ONE_ARTIST:
            seen.add(key)
            of_artist[artists[work]] += 1
            chosen.append(work)
    order = sorted(chosen)
    vectors = np.load(source / "text132k_minilm_i8.npz")
    rows = tate[order]
    texts = {
        "ids": text_array([ids[work] for work in order]),
        "titles": text_array([titles[work] for work in order]),
        "artists": text_array([artists[work] for work in order]),
        "fitting": half_of(len(order), rng),
        "named": np.array([order.index(work) for work in chosen[: len(NAMED_WORKS)]], np.uint16),
    }
    source_rows = vectors["q"][rows].astype(np.float32)
    halved = np.rint(source_rows / 2).astype(np.int8)
    cosine = (source_rows * halved).sum(axis=1) / np.linalg.norm(source_rows, axis=1) / np.linalg.norm(halved.astype(np.float32), axis=1)
    print(f"art works, cosine to the source rows: mean {cosine.mean():.5f}, least {cosine.min():.5f}")
    return {"int8": halved, "scale": vectors["scale"][rows] * np.float32(2)}, texts


def main() -> int:
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description="Make the bundled demo data.")
    parser.add_argument("--source", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=root / "rankfold" / "demo" / "data")
    options = parser.parse_args()
    if not options.source.is_dir():
        print(f"{options.source} is not there: the bundle is made from the full data sets. The bundled files themselves need nothing.", file=sys.stderr)
        return 3
    options.out.mkdir(parents=True, exist_ok=True)
    vectors, texts = artworks(options.source)
    total = 0
    for name, arrays in (("packages", packages(options.source)), ("artworks_vectors", vectors), ("artworks_texts", texts)):
        path = options.out / f"{name}.npz"
        np.savez_compressed(path, **arrays)
        size = path.stat().st_size
        total += size
        print(f"{path.name}: {size:,} bytes")
        if size > LARGEST_FILE_BYTES:
            print(f"{path.name} is larger than {LARGEST_FILE_BYTES:,} bytes", file=sys.stderr)
            return 1
    print(f"in all: {total:,} bytes")
    return 0 if total <= LARGEST_BUNDLE_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
