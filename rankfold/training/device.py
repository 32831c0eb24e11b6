"""Where training runs, and in which precision its products are taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import InputError
from .extra import load_torch

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "float32", "bfloat16")
MICRO_ROWS = {"cpu": 4_096, "cuda": 32_768}
POOL_BYTES = {"cpu": 1 << 30, "cuda": 8 << 30}


def find_device(asked: str) -> Any:
    """The torch device: with "auto" a GPU where there is one. Raises InputError for another name, or "cuda" without a GPU; MissingExtra without torch."""
    if asked not in DEVICES:
        raise InputError(f"device: got {asked!r}; expected one of {', '.join(DEVICES)}.")
    torch = load_torch()
    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise InputError('device: got "cuda", but torch finds no GPU here; expected "auto" or "cpu".')
    return torch.device("cuda" if there and asked != "cpu" else "cpu")


def find_precision(asked: str, device: Any) -> Any:
    """The torch dtype of the products: with "auto" bfloat16 where the hardware multiplies it faster, float32 elsewhere. Raises InputError for another name."""
    if asked not in PRECISIONS:
        raise InputError(f"precision: got {asked!r}; expected one of {', '.join(PRECISIONS)}.")
    torch = load_torch()
    if asked == "auto":
        gains = torch.cuda.is_bf16_supported() if device.type == "cuda" else _has_matrix_unit()
        asked = "bfloat16" if gains else "float32"
    return getattr(torch, asked)


def _has_matrix_unit() -> bool:
    """Whether this processor has tiles (AMX) or vector products for bfloat16, as far as this torch can say."""
    torch = load_torch()
    asks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(ask is not None and ask() for ask in asks)


@contextmanager
def using_threads(count: int | None) -> Iterator[None]:
    """So many threads of torch while open, those it has for None. Raises InputError for fewer than one."""
    torch = load_torch()
    before = torch.get_num_threads()
    if count is not None and (isinstance(count, bool) or count < 1):
        raise InputError(f"threads: got {count!r}; expected a whole number of at least 1.")
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
