"""Secrets at rest: settings marked SecretStr are encrypted with the hub's key before they reach a table.

The key never stands in the database. It is STOCKWIRE_SECRET_KEY, or the file the hub made on first start.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings as django_settings
from pydantic import BaseModel, SecretStr, ValidationError

from stockwire.errors import NotSetUp

S = TypeVar("S", bound=BaseModel)
PIECE = 256 * 1024


def seal_settings(settings: BaseModel) -> tuple[dict[str, Any], str]:
    """(plain JSON values, one encrypted text). No secret is in the first."""
    hidden = {
        name: value.get_secret_value()
        for name in type(settings).model_fields
        if isinstance(value := getattr(settings, name), SecretStr)
    }
    plain = settings.model_dump(mode="json", exclude=set(hidden))
    return plain, seal(json.dumps(hidden)) if hidden else ""


def open_settings(model: type[S], plain: dict[str, Any], sealed: str) -> S:
    """The typed settings. Raises NotSetUp naming the setting that is wrong."""
    hidden = json.loads(open_sealed(sealed)) if sealed else {}
    try:
        return model.model_validate({**plain, **hidden})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise NotSetUp(
            f"These settings cannot be used: {wrong}.", hint="Correct the named settings and save."
        ) from None


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def open_sealed(text: str) -> str:
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken:
        raise NotSetUp(
            "The stored credentials cannot be opened with this hub's secret key.",
            hint="Put the original STOCKWIRE_SECRET_KEY back, or enter the credentials again.",
        ) from None


def seal_file(plain: BinaryIO, target: Path) -> None:
    """An encrypted copy, a piece a line, of a file of any size. It appears whole or not at all."""
    fernet = _fernet()
    descriptor, half = tempfile.mkstemp(prefix=".sealing-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            while piece := plain.read(PIECE):
                out.write(fernet.encrypt(piece) + b"\n")
        os.replace(half, target)
    except BaseException:
        os.unlink(half)
        raise


def open_file(sealed: Path, target: Path) -> None:
    """The file in the clear. Raises NotSetUp when it was sealed with another key."""
    fernet = _fernet()
    with target.open("wb") as out, sealed.open("rb") as file:
        for line in file:
            try:
                out.write(fernet.decrypt(line.rstrip(b"\n")))
            except InvalidToken:
                raise NotSetUp(
                    "The stored file cannot be opened with this hub's secret key.",
                    hint="Put the original STOCKWIRE_SECRET_KEY back, or upload the file again.",
                ) from None


def _fernet() -> MultiFernet:
    """First key seals; every key opens, so that a key can be replaced without a moment of blindness."""
    return MultiFernet([Fernet(key.strip()) for key in django_settings.STOCKWIRE_SECRET_KEYS])
