"""Files only their owner reads, and a lock between processes, for the servers we run ourselves.

A secret is never readable by others, not even for a moment, and a file is there whole or not at all.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stockwire.errors import TryLater


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write the file, replacing an older one in one step; `mode` is its mode from the start."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
    half.replace(path)


def make_folder(path: Path, mode: int) -> None:
    """Make a folder that has its mode from the start, whatever the umask. One that is there is left alone."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.mkdir(mode=0o700)
    half.chmod(mode)
    try:
        half.rename(path)
    except OSError:
        half.rmdir()
        if not path.is_dir():
            raise


@contextmanager
def alone(folder: Path, *, within_s: float) -> Iterator[None]:
    """Hold the folder's lock against every other process and thread. A holder that dies lets go of it.

    Raises TryLater when somebody else has held it for `within_s` seconds.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + within_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TryLater(
                        f"Another Stockwire process has been busy with {folder} for {within_s:.0f} seconds.",
                        hint="Look for a hanging start or stop of Stockwire.",
                    ) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
