"""How often a process looks for circular garbage."""

import gc


def collect_rarely(objects: int) -> None:
    """Look for circular garbage seldom, and never among what is there already.

    A collection is a pause for all who wait meanwhile.

    Args:
        objects: New ones, more than were freed, after which to look at the youngest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(objects, 20, 100)
