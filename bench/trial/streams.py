"""Named random streams."""

from __future__ import annotations

import hashlib

import torch


def stream(device: str | torch.device, *identity: object) -> torch.Generator:
    """Return the random stream named by `identity`, e.g. (seed, "train"). Hashed: seeds 1 and 2 share nothing."""
    return torch.Generator(device).manual_seed(number(*identity))


def number(*identity: object) -> int:
    """Return the 63-bit seed of the stream named by `identity`."""
    digest = hashlib.blake2b(repr(identity).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
