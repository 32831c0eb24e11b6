"""Which compiled level runs a kernel, and what every kernel asks of an array."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np

from .. import runtime
from ..errors import InputError, KernelError
from . import reference

try:
    from . import _native as _built
except ImportError:
    _native: ModuleType | None = None
else:
    _native = _built

_here = [*(_native.levels() if _native else []), "reference"]
_forced: str | None = None


def levels() -> list[str]:
    """The levels that this machine can run, best first; "reference" (NumPy) is always the last."""
    return list(_here)


def level() -> str:
    """The level in use. Raises KernelError when RANKFOLD_KERNELS asks for one that is not here."""
    return _forced or _available(runtime.kernel_level_asked(), runtime.KERNELS_VARIABLE)


@contextmanager
def use(name: str) -> Iterator[None]:
    """Run kernels on the level `name` inside a `with` block, in every thread. Raises KernelError when it is not here."""
    global _forced
    before, _forced = _forced, _available(name, "level")
    try:
        yield
    finally:
        _forced = before


def _available(asked: str | None, source: str) -> str:
    if asked is None:
        return _here[0]
    if asked not in _here:
        hint = "" if _native else " This install has no compiled kernels: install a C++ compiler and reinstall rankfold to get them."
        raise KernelError(f"{source}: got {asked!r}; this machine has {', '.join(_here)}.{hint}")
    return asked


def run(kernel: str, *arguments: object) -> None:
    name = level()
    if name == "reference" or _native is None:
        getattr(reference, kernel)(*arguments)
    else:
        getattr(_native, kernel)(name, *arguments)


def expect(name: str, array: np.ndarray, dtype: type, *shape: int | str, written: bool = False) -> None:
    """Raise InputError unless `array` is C-contiguous, of this dtype and shape; a string in `shape` names a free length."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype or not _has_shape(array, shape) or not _has_layout(array, written):
        expected = f"C-contiguous{' writable' if written else ''} {np.dtype(dtype)} of shape ({', '.join(map(str, shape))})"
        raise InputError(f"{name}: got {_described(array)}; expected {expected}. Convert with numpy.ascontiguousarray(array, dtype).")


def _has_shape(array: np.ndarray, shape: tuple[int | str, ...]) -> bool:
    # A plain loop: on small blocks the checks of a kernel's arrays are a part of its time.
    if array.ndim != len(shape):
        return False
    for got, wanted in zip(array.shape, shape):  # noqa: SIM110
        if got != wanted and not isinstance(wanted, str):
            return False
    return True


def _has_layout(array: np.ndarray, written: bool) -> bool:
    flags = array.flags
    return flags.c_contiguous and flags.aligned and (flags.writeable or not written)


def _described(array: object) -> str:
    if not isinstance(array, np.ndarray):
        return type(array).__name__
    layout = "" if array.flags.c_contiguous and array.flags.aligned else "not contiguous "
    return f"{layout}{'' if array.flags.writeable else 'read-only '}{array.dtype} of shape {array.shape}"
