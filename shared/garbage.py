"""How often a process looks for circular garbage."""

import gc
import importlib


def collect_rarely(objects: int) -> None:
    """Look for circular garbage seldom, and never among what is there already.

    A collection is a pause for all who wait meanwhile.

    Args:
        objects: New ones, more than were freed, after which to look at the youngest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(objects, 20, 100)


def run(module: str) -> None:
    """Import a module and run its ``main``, without looking for garbage among what that makes.

    Hardly anything that an import makes is ever garbage, and looking takes a sixth of its time.

    Args:
        module: Its full name.
    """
    gc.disable()
    imported = importlib.import_module(module)
    gc.freeze()
    gc.enable()
    imported.main()
