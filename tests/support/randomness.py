"""Chance that is the same in every run."""

import random  # noqa: TID251 - seeded, for tests


def seeded(seed: int = 7) -> random.Random:
    """Make a generator whose draws never change."""
    return random.Random(seed)  # noqa: S311 - the point is that it is not secret
