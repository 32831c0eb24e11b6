"""What a table of sums of atoms says of its items: what each latent stands for, why two items are near, and how well the dictionary is used."""

from .dictionary import Dictionary, read_dictionary
from .items import ItemReading, read_item
from .latent import LatentReading, read_latent_items
from .pairs import PairReading, read_pair
from .reading import Item, Reading, Strong, has_latents, read_table
from .titles import read_titles

__all__ = [
    "Dictionary",
    "Item",
    "ItemReading",
    "LatentReading",
    "PairReading",
    "Reading",
    "Strong",
    "has_latents",
    "read_dictionary",
    "read_item",
    "read_latent_items",
    "read_pair",
    "read_table",
    "read_titles",
]
