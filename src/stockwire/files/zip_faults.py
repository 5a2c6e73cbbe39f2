"""What the standard library raises for a zip file that is damaged, cut off, locked or packed in a new way."""

from __future__ import annotations

import zipfile
import zlib

ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    # A place in the file that cannot be: before its begin.
    OSError,
    ValueError,
    # A password, or (as the NotImplementedError that is one of these) a way of packing it does not know.
    RuntimeError,
    # A part that is not there.
    KeyError,
)
