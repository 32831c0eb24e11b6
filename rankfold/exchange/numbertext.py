"""Numbers as text: the shortest that reads back as the same float32."""

import numpy as np

from ..arrays import F32
from ..errors import InputError


def float_texts(values: F32) -> list[str]:
    """Each float32 as the shortest text from which a reader of doubles, or of floats, gets exactly the same float32."""
    texts = values.astype(np.float32).astype("U32")
    # A reader that goes by doubles rounds twice; where that would tell, all digits are written.
    wrong = np.flatnonzero(texts.astype(np.float64).astype(np.float32) != values)
    out = texts.tolist()
    for place in wrong:
        out[place] = repr(float(values[place]))
    return out


def id_texts(ids: np.ndarray) -> list[str]:
    """Ids as text. Raises InputError for bytes that are not UTF-8."""
    if ids.dtype.kind == "i":
        return [str(one) for one in ids.tolist()]
    try:
        return [one.decode("utf-8") for one in ids.tolist()]
    except UnicodeDecodeError as error:
        raise InputError(f"ids: {error.object!r} is not UTF-8 text; expected ids that the engine's text can hold.") from error
