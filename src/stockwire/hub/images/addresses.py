"""Where a picture can be fetched from: its own address, or the hub's for one that was uploaded."""

from __future__ import annotations


def shown_address(src: str) -> str:
    return src
