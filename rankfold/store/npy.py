"""`.npy` files as rankfold writes them: a fixed header, then the bytes of one array; mapped back only when every header byte is as expected."""

import hashlib
import os
import stat
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import ArtifactError

MAGIC = b"\x93NUMPY\x01\x00"
HEADER_STEP = 64
HEADER_BYTES = 128
NUMBERS = ("|u1", "|i1", "<i2", "<i4", "<i8", "<f2", "<f4", "|b1", "<u2", "<u4", "<u8")
MAX_TEXT_BYTES = 1_024
MAX_AXES = 8
MAX_AXIS = 1 << 48
READ_BYTES = 1 << 20


def is_dtype(text: object) -> bool:
    """Whether `text` names a dtype that an artifact may hold: one of NUMBERS, or |S1 to |S1024 (fixed-width bytes)."""
    if not isinstance(text, str):
        return False
    digits = text[2:]
    plain = digits.isascii() and digits.isdecimal() and not digits.startswith("0") and len(digits) <= 4
    return text in NUMBERS or (text.startswith("|S") and plain and int(digits) <= MAX_TEXT_BYTES)


def header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """The header of an array: `.npy` version 1.0, 128 bytes for up to four axes, in any case a multiple of 64.

    It is built here because NumPy's own differs between releases, and the same array must give the same file.
    """
    axes = ", ".join(str(length) for length in shape) + ("," if len(shape) == 1 else "")
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}"
    size = max(HEADER_BYTES, -(-(len(MAGIC) + 3 + len(text)) // HEADER_STEP) * HEADER_STEP)
    padded = text.ljust(size - len(MAGIC) - 3) + "\n"
    return MAGIC + len(padded).to_bytes(2, "little") + padded.encode("ascii")


def file_bytes(dtype: str, shape: tuple[int, ...]) -> int:
    """Length of the whole file: header and data."""
    return len(header(dtype, shape)) + np.dtype(dtype).itemsize * prod(shape)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises ArtifactError when it is missing, or anything but a plain file (a link, a pipe, a device)."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except OSError as error:
        if os.path.islink(path):
            raise ArtifactError(f"{path}: is a link; expected a plain file. Copy the artifact with its files, not links to them.") from error
        raise ArtifactError(f"{path}: cannot be opened ({error.strerror}); expected a readable file. Copy or write the artifact again.") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ArtifactError(f"{path}: is not a plain file. Copy or write the artifact again.")
    return os.fdopen(handle, "rb")


def map_array(path: Path, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array of a file, mapped and read-only. Raises ArtifactError when the file's size or header is not that of this dtype and shape."""
    expected, size = header(dtype, shape), file_bytes(dtype, shape)
    with open_regular(path) as file:
        found = os.fstat(file.fileno()).st_size
        if found != size:
            raise ArtifactError(f"{path}: has {found} bytes; expected {size}. The file is damaged: copy or write the artifact again.")
        if file.read(len(expected)) != expected:
            raise ArtifactError(f"{path}: its header is not that of {dtype} {shape}. The file is damaged: copy or write the artifact again.")
        if size == len(expected):
            array = np.empty(shape, np.dtype(dtype))
            array.flags.writeable = False
            return array
        try:
            mapped = np.memmap(file, np.dtype(dtype), "r", len(expected), shape)
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path}: cannot be mapped into memory ({error}).") from error
    return mapped.view(np.ndarray)


def difference(path: Path, size: int, sha256: str) -> str:
    """How a file differs from these bytes, in words; nothing when it does not. Reads all of it."""
    found, length = hashlib.sha256(), 0
    try:
        with open_regular(path) as file:
            while part := file.read(READ_BYTES):
                found.update(part)
                length += len(part)
                if length > size:
                    return f"{path}: has more bytes than the {size} expected. Copy or write the artifact again."
    except ArtifactError as error:
        return str(error)
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror}). Copy or write the artifact again."
    if length != size:
        return f"{path}: has {length} bytes; expected {size}. Copy or write the artifact again."
    if found.hexdigest() != sha256:
        return f"{path}: its SHA-256 is {found.hexdigest()}; expected {sha256}. Copy or write the artifact again."
    return ""
