"""Work that makes very many plain values and no garbage in circles, done without Python looking for any.

It would look through all that is loaded every few thousand products: a third of the time of a plan. What is
in no circle is freed all the same, the moment nobody holds it. Never for longer than one batch.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_looked_for() -> Iterator[None]:
    """Switched off meanwhile for the whole process, unless somebody has switched it off already."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
