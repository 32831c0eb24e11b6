"""NumPy files: the .npy header, read by hand so that nothing is unpickled or allocated on its word alone, and .npz archives."""

import math
import re
import zipfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from .arrays import MAX_DIM
from .errors import InputError
from .sources import FileRows, reading

MAX_HEADER_BYTES = 10_000
MAX_NPZ_BYTES = 4 * 2**30
MAX_NPZ_RATIO = 200
MAX_NPZ_ARRAYS = 1_000
RATIO_FREE_BYTES = 16 * 2**20
READ_BYTES = 2**20
MATRIX_NAMES = ("x", "vectors", "embeddings", "matrix", "item_factors", "user_factors")
FLOATS = "expected float16, float32 or float64"

_MAGIC = b"\x93NUMPY"
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z])([0-9]{0,9})['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(\s*((?:[0-9]{1,18}\s*(?:,\s*|(?=\))))*)\)""")


class Header(NamedTuple):
    """What a .npy file says of itself; offset is where its data starts, nbytes how long its data must be."""

    dtype: np.dtype
    columns: bool
    shape: tuple[int, ...]
    offset: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: BinaryIO, name: str) -> Header:
    """The header at the start of `file`. Raises InputError when it is damaged, or describes objects or named fields."""
    start = file.read(8)
    if len(start) < 8 or start[:6] != _MAGIC or start[6] not in (1, 2, 3):
        raise InputError(f"{name}: got a file that does not start as .npy files do; expected one written by numpy.save.")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > MAX_HEADER_BYTES:
        raise InputError(f"{name}: the header says it is {length} bytes long; expected at most {MAX_HEADER_BYTES}. Is the file whole?")
    text = file.read(length).decode("latin-1")
    descr, order, shape = _DESCR.search(text), _ORDER.search(text), _SHAPE.search(text)
    if descr is None or order is None or shape is None:
        raise InputError(f"{name}: got the header {text[:120].strip()!r}; expected one plain array of numbers. Save it again with numpy.save.")
    if descr[2] == "O":
        raise InputError(f"{name}: holds Python objects, which are never loaded; {FLOATS}. Convert with numpy's astype before saving.")
    try:
        dtype = np.dtype("".join(descr.groups()))
    except (TypeError, ValueError):
        raise InputError(f"{name}: got dtype {''.join(descr.groups())!r}, which numpy does not know; {FLOATS}.") from None
    sizes = tuple(int(part) for part in shape[1].split(",") if part.strip())
    return Header(dtype, order[1] == "True", sizes, 8 + width + length)


def check_matrix_header(header: Header, name: str) -> tuple[int, int]:
    """The shape (n, d) of a matrix of floats. Raises InputError for other dtypes, ranks and sizes."""
    if header.dtype.kind != "f" or header.dtype.itemsize not in (2, 4, 8):
        advice = "Undo the scaling and save as float32." if header.dtype.kind in "iu" else "Convert with numpy's astype before saving."
        raise InputError(f"{name}: got dtype {header.dtype}; {FLOATS}. {advice}")
    if len(header.shape) != 2:
        raise InputError(f"{name}: got shape {header.shape}; expected two dimensions (rows, dim).")
    count, dim = header.shape
    if count == 0:
        raise InputError(f"{name}: got no rows (shape {header.shape}); expected at least one.")
    if not 1 <= dim <= MAX_DIM:
        raise InputError(f"{name}: got {dim} dimensions; expected 1 to {MAX_DIM}.")
    return count, dim


def open_npy(path: Path) -> FileRows:
    """The matrix of a .npy file, to be read block by block. The header is held against the size of the file before anything is allocated."""
    with reading(path), open(path, "rb") as file:
        header = _whole_header(file, path)
    shape = check_matrix_header(header, str(path))
    return FileRows(path, header.dtype, header.offset, shape, columns=header.columns)


def read_id_file(path: Path) -> np.ndarray:
    """The one-dimensional array of whole numbers or strings in a .npy file, as stored."""
    with reading(path), open(path, "rb") as file:
        header = _whole_header(file, path)
        if header.dtype.kind not in "iuSU" or len(header.shape) != 1:
            raise InputError(f"{path}: got {header.dtype} of shape {header.shape}; expected whole numbers or strings of shape (rows,).")
        return np.fromfile(file, header.dtype, header.shape[0])


def _whole_header(file: BinaryIO, path: Path) -> Header:
    header = read_header(file, str(path))
    there = path.stat().st_size - header.offset
    if there != header.nbytes:
        raise InputError(
            f"{path}: holds {there} bytes of data; expected {header.nbytes} for shape {header.shape} of {header.dtype}. "
            "Is the file whole? It must hold one array and nothing else."
        )
    return header


class Npz:
    """The arrays of one .npz archive, by name; each is read into memory in its own dtype.

    An archive is refused when its arrays come to more than 4 GiB, or when an array above 16 MiB inflates more than 200-fold:
    write such data as .npy, which needs no inflating.
    """

    def __init__(self, path: Path):
        self.path = path
        with reading(path), zipfile.ZipFile(path) as archive:
            infos = {info.filename[:-4]: info for info in archive.infolist() if info.filename.endswith(".npy")}
            self._check_sizes(list(infos.values()))
            self.headers = {name: self._header(archive, info) for name, info in infos.items()}
        if not self.headers:
            raise InputError(f"{path}: holds no arrays; expected an archive written by numpy.savez.")

    def _check_sizes(self, infos: list[zipfile.ZipInfo]) -> None:
        total = sum(info.file_size for info in infos)
        if total > MAX_NPZ_BYTES or len(infos) > MAX_NPZ_ARRAYS:
            raise InputError(
                f"{self.path}: says it inflates to {total} bytes in {len(infos)} arrays; expected at most {MAX_NPZ_BYTES} bytes in {MAX_NPZ_ARRAYS}. "
                "Save the vectors as .npy, which is read block by block."
            )
        for info in infos:
            if info.file_size > max(RATIO_FREE_BYTES, MAX_NPZ_RATIO * info.compress_size):
                raise InputError(
                    f"{self.path}: array {info.filename[:-4]!r} says it inflates from {info.compress_size} to {info.file_size} bytes; "
                    f"expected at most {MAX_NPZ_RATIO}-fold. If it is meant, save it as .npy."
                )

    def _header(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Header | None:
        name = f"{self.path}: array {info.filename[:-4]!r}"
        with archive.open(info) as file:
            try:
                header = read_header(file, name)  # type: ignore[arg-type]
            except InputError:
                # An array that nobody asks for may be of any kind; asking for it raises.
                return None
        if header.offset + header.nbytes != info.file_size:
            raise InputError(f"{name} has {info.file_size} bytes; expected {header.offset + header.nbytes} for shape {header.shape} of {header.dtype}.")
        return header

    def read(self, name: str) -> np.ndarray:
        """The array of that name. Raises InputError when it is not there, holds objects, or is damaged."""
        with reading(self.path), zipfile.ZipFile(self.path) as archive:
            if name not in self.headers:
                raise InputError(f"{self.path}: has no array {name!r}; it has {', '.join(self.headers)}.")
            with archive.open(name + ".npy") as file:
                header = read_header(file, f"{self.path}: array {name!r}")  # type: ignore[arg-type]
                if header != self.headers[name]:
                    raise InputError(f"{self.path}: array {name!r} has changed while it was read. Read it again.")
                out = np.empty(math.prod(header.shape), header.dtype)
                target = out.view(np.uint8).data if out.nbytes else memoryview(b"")
                done = 0
                while done < len(target):
                    part = file.read(min(READ_BYTES, len(target) - done))
                    if not part:
                        raise InputError(f"{self.path}: array {name!r} ends after {done} of {len(target)} bytes. Is the file whole?")
                    target[done : done + len(part)] = part
                    done += len(part)
                # Reading past the last byte makes zipfile compare the checksum.
                file.read(1)
        return out.reshape(header.shape, order="F" if header.columns else "C")

    def matrix_name(self, asked: str | None) -> str:
        """Which array holds the vectors: `asked`, else the only two-dimensional one of floats, else the only one with a usual name."""
        if asked is not None:
            return asked
        matrices = [name for name, header in self.headers.items() if header and len(header.shape) == 2 and header.dtype.kind == "f"]
        usual = [name for name in matrices if name in MATRIX_NAMES]
        for found in (matrices, usual):
            if len(found) == 1:
                return found[0]
        shown = ", ".join(f"{name} ({header.dtype} {header.shape})" if header else f"{name} (not plain numbers)" for name, header in self.headers.items())
        advice = "Name one with vector_column." if matrices else "Save the vectors as a two-dimensional array of floats; undo any scaling of integers first."
        raise InputError(f"{self.path}: holds {shown}; expected one matrix of floats. {advice}")

    def read_matrix(self, asked: str | None) -> np.ndarray:
        """The matrix that `matrix_name` finds, checked by its header before it is inflated."""
        name = self.matrix_name(asked)
        header = self.headers.get(name)
        if header is not None:
            check_matrix_header(header, f"{self.path}: array {name!r}")
        return self.read(name)
