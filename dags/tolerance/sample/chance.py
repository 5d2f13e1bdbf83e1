"""How the sample leaves something to chance: with a share, from a seeded source."""

from __future__ import annotations

from random import Random


def chance(rng: Random, share: float) -> bool:
    """True in `share` of the calls, from 0 for never to 1 for always."""
    return rng.random() < share
