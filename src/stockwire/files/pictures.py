"""A file that claims to be a picture: what it really is, by its content, and small copies of it.

Only JPEG and PNG, at most 2 MB, and bounded in dots too: a small file can unpack to very much.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from stockwire.errors import Refused

LARGEST = 2 * 1024 * 1024
MOST_DOTS = 50_000_000
THUMBNAILS: Mapping[str, int] = {"50x50": 50, "160x160": 160}
_KINDS = {"JPEG": "jpg", "PNG": "png"}
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class Picture:
    """`kind` is jpg or png; `content_hash` is SHA-256 of the file's bytes in hexadecimal."""

    kind: str
    width: int
    height: int
    content_hash: str


def examine(file: Path, name: str) -> Picture:
    """What the file is; `name` is what messages call it. Raises Refused when it can be no product's image."""
    size = file.stat().st_size
    if size > LARGEST:
        raise Refused(
            f"{name} has {size / 1024 / 1024:.1f} MB, more than {LARGEST // 1024 // 1024} MB.",
            hint="Save it smaller: 1,500 dots in each direction are plenty for a shop.",
        )
    try:
        with Image.open(file, formats=list(_KINDS)) as opened:
            kind, (width, height) = _KINDS[opened.format or ""], opened.size
            if width * height <= MOST_DOTS:
                opened.verify()
    except (*_BROKEN, KeyError):
        raise Refused(
            f"{name} is no JPEG or PNG picture that can be read.",
            hint="Save it as .jpg or .png; renaming a file does not change what it is.",
        ) from None
    if width * height > MOST_DOTS:
        raise Refused(
            f"{name} is {width} x {height} dots.", hint="1,500 dots in each direction are plenty for a shop."
        )
    return Picture(kind, width, height, hashlib.sha256(file.read_bytes()).hexdigest())


def thumbnail(file: Path, target: Path, dots: int, name: str) -> None:
    """A copy that fits into a square of so many dots, of the same kind, turned as the camera says."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=list(_KINDS)) as opened:
                kind = opened.format
                opened.draft("RGB", (dots * 2, dots * 2))
                small = ImageOps.exif_transpose(opened)
                small.thumbnail((dots, dots))
                if kind == "JPEG" and small.mode not in {"RGB", "L"}:
                    small = small.convert("RGB")
                elif kind == "PNG" and small.mode not in {"RGB", "RGBA", "L", "LA", "P"}:
                    small = small.convert("RGBA")
                small.save(target, format=kind)
    except _BROKEN:
        raise Refused(
            f"{name} breaks off in the middle.", hint="Save the picture anew and try again."
        ) from None
