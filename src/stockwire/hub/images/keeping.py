"""Pictures in the data folder by the hash of their content: the same is kept once, with two small copies."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from stockwire.files.pictures import THUMBNAILS, Picture, examine, thumbnail
from stockwire.hub.images.addresses import stored_file


def keep(client_id: int, file: Path, name: str) -> Picture:
    """Check a file and keep it for this client. Raises Refused. Does nothing when it is kept already."""
    picture = examine(file, name)
    target = stored_file(client_id, picture.content_hash, picture.kind)
    if target.exists():
        return picture
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        for size, dots in THUMBNAILS.items():
            small = Path(folder) / size
            thumbnail(file, small, dots, name)
            os.replace(small, stored_file(client_id, picture.content_hash, picture.kind, size))
        whole = Path(folder) / "whole"
        shutil.copyfile(file, whole)
        # Last, so that what is there is there with its small copies.
        os.replace(whole, target)
    return picture
