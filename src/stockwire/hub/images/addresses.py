"""The addresses under which the hub shows its pictures to shops: public, signed, not to be guessed.

A picture that was uploaded has no other address; it is called /images/<client>/<hash>.<kind> in the tables.
The signature comes from the hub's keys: the first of several signs, and every one still verifies.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

from django.conf import settings

PREFIX = "/images/"
_CANONICAL = re.compile(r"/images/([0-9]{1,18})/([0-9a-f]{64})\.(jpg|png)")
_SIGNED = re.compile(r"/images/([0-9]{1,18})/([0-9a-f]{64})\.([0-9a-f]{32})((?:\.[0-9]+x[0-9]+)?)\.(jpg|png)")


def canonical(client_id: int, content_hash: str, kind: str) -> str:
    """What an uploaded picture is called in the tables."""
    return f"{PREFIX}{client_id}/{content_hash}.{kind}"


def public_address(client_id: int, content_hash: str, kind: str, size: str = "") -> str:
    """The address shops fetch it from, "" while the hub has no public_url. `size` is "50x50" or "160x160"."""
    base = settings.CONFIG.public_url.rstrip("/")
    return base + _path(client_id, content_hash, kind, size) if base else ""


def not_shown() -> str:
    """Why no shop can be shown a picture that was uploaded, or ""."""
    if settings.CONFIG.public_url:
        return ""
    return (
        "No shop can be shown uploaded pictures yet: the hub has no public_url, the address at which shops"
        " reach it (docs/operate.md)."
    )


def shown_address(src: str) -> str:
    """As an export shows it: for an uploaded picture the signed address, absolute where that is known."""
    found = _CANONICAL.fullmatch(src)
    if found is None:
        return src
    return settings.CONFIG.public_url.rstrip("/") + _path(int(found[1]), found[2], found[3], "")


def as_stored(client_id: int, src: str) -> str:
    """The other way round: our own signed address of one of the client's pictures becomes its plain name."""
    base = settings.CONFIG.public_url.rstrip("/")
    path = src[len(base) :] if base and src.startswith(base + PREFIX) else src
    found = _SIGNED.fullmatch(path)
    if found is None or int(found[1]) != client_id or not _is_ours(found[3], client_id, found[2]):
        return src
    return canonical(client_id, found[2], found[5])


def file_of(path: str) -> Path | None:
    """The file that a signed path stands for; None when the signature is not ours."""
    found = _SIGNED.fullmatch(path)
    if found is None or not _is_ours(found[3], int(found[1]), found[2]):
        return None
    return stored_file(int(found[1]), found[2], found[5], found[4].removeprefix("."))


def stored_file(client_id: int, content_hash: str, kind: str, size: str = "") -> Path:
    """Where a picture is kept, there or not."""
    folder: Path = settings.CONFIG.data_folder / "images" / str(client_id) / content_hash[:2]
    return folder / (f"{content_hash}.{size}.{kind}" if size else f"{content_hash}.{kind}")


def of_stored(src: str) -> tuple[int, str, str] | None:
    """(client, hash, kind) of the plain name of an uploaded picture."""
    found = _CANONICAL.fullmatch(src)
    return (int(found[1]), found[2], found[3]) if found else None


def _path(client_id: int, content_hash: str, kind: str, size: str) -> str:
    signature = _signature(settings.STOCKWIRE_SECRET_KEYS[0], client_id, content_hash)
    dotted = f".{size}" if size else ""
    return f"{PREFIX}{client_id}/{content_hash}.{signature}{dotted}.{kind}"


def _is_ours(signature: str, client_id: int, content_hash: str) -> bool:
    wanted = (_signature(key, client_id, content_hash) for key in settings.STOCKWIRE_SECRET_KEYS)
    return any(hmac.compare_digest(signature, one) for one in wanted)


def _signature(key: str, client_id: int, content_hash: str) -> str:
    own = hashlib.sha256(b"stockwire images:" + key.strip().encode()).digest()
    return hmac.new(own, f"{client_id}/{content_hash}".encode(), hashlib.sha256).hexdigest()[:32]
