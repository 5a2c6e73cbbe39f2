"""Which Firebird client library the agent reads with: the one that came with it, or the machine's own.

Omni's own client library on a Windows server is often one of 32 bits, which a 64-bit agent cannot load; so
there, and in the frozen agent, the library of the firebird-embedded wheel comes along and is tried first.
"""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def load_client(*, own_first: bool | None = None) -> Any:
    """The module firebird.driver with a client library loaded, once for the process.

    `own_first` tries the library that came with the agent before the machine's; None decides by where this
    runs. Raises whatever the driver raises when there is none that can be loaded.
    """
    from firebird import driver

    if own_first is None:
        own_first = sys.platform == "win32" or getattr(sys, "frozen", False)
    own = _provider() if own_first and not driver.fbapi.has_api() else None
    if own is not None:
        try:
            driver.load_api(own)
            _load_beside(own.root / "libtomcrypt.so.1")
        except Exception:  # noqa: BLE001 - the driver raises plain Exception; the machine's own is tried next
            driver.load_api()
    else:
        driver.load_api()
    return driver


def _provider() -> Any:
    """The firebird-embedded wheel, None where it is not installed."""
    if find_spec("firebird.embedded") is None:
        return None
    from firebird.embedded.provider import FirebirdProvider

    return FirebirdProvider()


def _load_beside(library: Path) -> None:
    """On Linux the plugin that encrypts wants this library and does not look for it where it lies; it in turn
    wants one that the client library has brought."""
    if library.is_file():
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
