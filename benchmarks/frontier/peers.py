"""All peers: importing a family registers its methods."""

from . import peers_additive, peers_engines, peers_product, peers_scalar, peers_sparse

__all__ = ["peers_additive", "peers_engines", "peers_product", "peers_scalar", "peers_sparse"]
