"""Python's cycle collector, kept from looking through the same mappings over and over."""

from __future__ import annotations

import gc

# A converted message is a few hundred objects without cycles, freed by their reference counts. The
# default of 700 new objects would start the collector several times for each.
NEW_OBJECTS = 50_000


def spare_the_collector() -> None:
    """Once everything is loaded: leaves it out of every later collection, and collects seldom."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
