"""The extra `train`: torch, imported when it is first needed."""

from typing import Any

from ..errors import MissingExtra


def load_torch() -> Any:
    """The module torch. Raises MissingExtra where it is not installed."""
    try:
        import torch
    except ImportError:
        raise MissingExtra("torch", "train") from None
    return torch
