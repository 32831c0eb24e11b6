"""The published sparse autoencoder (CompresSAE, arXiv 2505.11388): k of 4,096 latents a row, trained by cosine at k and at 4k, encoder and decoder apart.

Counted twice: as its paper counts (float32 value and int32 index, 8 bytes a latent) and packed (12-bit index, 5-bit value). Trained to a standstill of its
loss on held-out training rows, or for as long as the time of one result allows.
"""

import time

import numpy as np

from .coded import SLOW, Coded, Job, peer

LATENTS, INDEX_BITS, VALUE_BITS = 4_096, 12, 5
PUBLISHED_ACTIVE, PUBLISHED_BYTES = 32, 8
PUBLISHED_PACKED = PUBLISHED_ACTIVE * (INDEX_BITS + VALUE_BITS) // 8
BATCH, RATE, MOST_SECONDS, CHECK_EVERY, PATIENCE = 2_048, 3e-3, 480, 50, 3
WIDE, WIDE_SHARE = 4, 1 / 8
CODE_ROWS = 4_096
_steps: dict[tuple, tuple] = {}


def sparse(job: Job, settings: dict) -> Coded:
    """Train, keep the k latents of largest size, decode; rows are normalised on both sides."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    active, dim = settings["active"], job.rows.shape[1]
    start = time.process_time()
    encoder = torch.nn.Linear(dim, LATENTS)
    decoder = torch.nn.Parameter(torch.nn.functional.normalize(torch.randn(LATENTS, dim), dim=1))
    # Packed and as published are one model: it is trained once.
    trained = (active, job.seed, job.train.shape, float(job.train[0, 0]))
    if trained not in _steps:
        _steps[trained] = (_train(torch.from_numpy(np.ascontiguousarray(job.train)), encoder, decoder, active, start), encoder.state_dict(), decoder.detach())
    steps, weights, decoder = _steps[trained]
    encoder.load_state_dict(weights)
    fitted = time.process_time()
    decoded = np.empty_like(job.rows)
    with torch.no_grad():
        for first in range(0, len(job.rows), CODE_ROWS):
            x = torch.from_numpy(np.ascontiguousarray(job.rows[first : first + CODE_ROWS]))
            index, value = _top(encoder(x), active)
            decoded[first : first + CODE_ROWS] = _sum(index, _coarse(value, settings["value_bits"]), decoder).numpy()
    coded = time.process_time()
    # Encoding needs both matrices, searching the decoder alone: the smaller count is taken.
    return Coded(settings["row_bytes"], 2 * LATENTS * dim, decoded, fit_s=fitted - start, encode_s=coded - fitted, note=f"{steps} steps of {BATCH}")


def _train(rows, encoder, decoder, active: int, start: float) -> int:
    import torch

    held, rest = rows[:BATCH], rows[BATCH:]
    optimiser = torch.optim.Adam([*encoder.parameters(), decoder], lr=RATE)
    best, waited, step = np.inf, 0, 0
    while waited < PATIENCE and time.process_time() - start < MOST_SECONDS:
        batch = rest[torch.randint(len(rest), (BATCH,))]
        optimiser.zero_grad()
        _loss(batch, encoder, decoder, active).backward()
        optimiser.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
        step += 1
        if step % CHECK_EVERY == 0:
            with torch.no_grad():
                now = float(_loss(held, encoder, decoder, active))
            waited = 0 if now < 0.999 * best else waited + 1
            best = min(best, now)
    return step


def _loss(x, encoder, decoder, active: int):
    import torch

    latents = encoder(x)
    total = 0.0
    for count, share in ((active, 1.0), (min(WIDE * active, LATENTS), WIDE_SHARE)):
        kept = _sum(*_top(latents, count), decoder)
        total = total + share * (1 - torch.nn.functional.cosine_similarity(kept, x, dim=1)).mean()
    return total


def _top(latents, count: int):
    index = latents.abs().topk(count, dim=1, sorted=False).indices
    return index, latents.gather(1, index)


def _sum(index, value, decoder):
    import torch

    return torch.nn.functional.embedding_bag(index, decoder, per_sample_weights=value, mode="sum")


def _coarse(value, bits: int):
    """Values rounded to `bits` bits, sign included, in even steps of the row's largest; 32 bits stay as they are."""
    if bits >= 32:
        return value
    step = value.abs().amax(dim=1, keepdim=True) / ((1 << (bits - 1)) - 0.5)
    return ((value / step).floor() + 0.5) * step


def _published(dim: int, nbytes: int) -> dict | None:
    row_bytes = PUBLISHED_ACTIVE * PUBLISHED_BYTES
    return {"active": PUBLISHED_ACTIVE, "value_bits": 32, "row_bytes": row_bytes} if nbytes >= row_bytes else None


def _packed(dim: int, nbytes: int) -> dict | None:
    return {"active": 8 * nbytes // (INDEX_BITS + VALUE_BITS), "value_bits": VALUE_BITS, "row_bytes": nbytes}


TEXT = ("text132k",)
peer("sparse autoencoder, packed", _packed, cost=SLOW, sets=TEXT, sizes=(16, 32, 64, PUBLISHED_PACKED), limit_s=0)(sparse)
peer("sparse autoencoder, as published", _published, cost=SLOW, sets=TEXT, sizes=(PUBLISHED_ACTIVE * PUBLISHED_BYTES,), limit_s=0)(sparse)
