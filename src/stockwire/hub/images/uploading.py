"""Many pictures at once from a folder or a zip: each file name becomes a code of a product (formats.md 5).

First everything is looked at and told, what matches and what does not; only then is anything written.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.db import connection

from stockwire.errors import Refused
from stockwire.files.pictures import LARGEST, examine
from stockwire.files.zip_faults import ZIP_FAULTS
from stockwire.hub import tenancy
from stockwire.hub.images.addresses import canonical
from stockwire.hub.images.keeping import keep
from stockwire.hub.models import Audit, Source
from stockwire.hub.sync.staged_rows import text_array
from stockwire.hub.sync.stale import mark_products

MOST_FILES = 20_000
MOST_UNPACKED = 4 * 1024 * 1024 * 1024
FIELDS = {
    "sku": "v.sku",
    "source_variant_code": "v.source_variant_code",
    "source_product_code": "p.source_product_code",
    "barcode": "v.barcode",
}
_PICTURE = re.compile(r".+\.(jpe?g|png)")


@dataclass(frozen=True, slots=True)
class Found:
    """One file: its name, the code it became, the product it belongs to (None: none), and what is wrong."""

    name: str
    code: str
    product_id: int | None
    size: int
    problem: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Replace:
    """Find and replace on file names without their extension, literally and in order."""

    find: str
    put: str


class Upload:
    """Pictures laid ready. `found` says of each file what would become of it; `write` does it."""

    def __init__(self, client_id: int, source_id: int, files: Sequence[tuple[str, Path]]) -> None:
        self._client_id, self._source_id = client_id, source_id
        self._files = files
        self.found: list[Found] = []

    def match(self, field: str, rules: Sequence[Replace]) -> list[Found]:
        """Match every file to a product by `field` (of FIELDS). Writes nothing. Raises Refused."""
        if field not in FIELDS:
            raise Refused(f"Files cannot be matched by {field[:40]}.", hint=f"Match by {', '.join(FIELDS)}.")
        codes = [_code(name, rules) for name, _ in self._files]
        with tenancy.scope(self._client_id):
            products = _products(self._source_id, field, codes)
        self.found = [
            self._look(name, file, code, products.get(code.casefold(), []))
            for (name, file), code in zip(self._files, codes, strict=True)
        ]
        return self.found

    def write(self, who: str) -> int:
        """Keep what matched and give it to its products, after their other images. Their number."""
        written = 0
        by_product: dict[int, list[tuple[Path, Found]]] = {}
        for (_, file), found in zip(self._files, self.found, strict=True):
            if not found.problem and found.product_id is not None:
                by_product.setdefault(found.product_id, []).append((file, found))
        for product_id, files in by_product.items():
            pictures = [keep(self._client_id, file, found.name) for file, found in files]
            with tenancy.scope(self._client_id), connection.cursor() as cursor:
                for picture in pictures:
                    src = canonical(self._client_id, picture.content_hash, picture.kind)
                    own = (picture.content_hash, picture.kind, picture.width, picture.height)
                    cursor.execute(ADD, [self._client_id, product_id, src, *own, product_id])
                    written += cursor.rowcount
                mark_products([product_id], "images were uploaded")
                Audit.objects.create(
                    client_id=self._client_id,
                    who=who,
                    action="images uploaded",
                    subject=files[0][1].code[:200],
                    after={"files": [found.name for _, found in files]},
                )
        return written

    def _look(self, name: str, file: Path, code: str, products: Sequence[int]) -> Found:
        size = file.stat().st_size
        found = Found(name, code, products[0] if len(products) == 1 else None, size)
        if not _PICTURE.fullmatch(PurePosixPath(name).name):
            return _wrong(found, "It is no .jpg, .jpeg or .png file.", "Its ending is to be in lower case.")
        if not products:
            return _wrong(found, f"No product is called {code}.", "Rename it, or add a --replace rule.")
        if len(products) > 1:
            return _wrong(found, f"{len(products)} products are called {code}.", "Match by another field.")
        try:
            examine(file, name)
        except Refused as refused:
            return _wrong(found, refused.message, refused.hint)
        return found


@contextmanager
def opened(client_id: int, source_id: int, place: Path) -> Iterator[Upload]:
    """The files of a folder (and those below it) or of a zip, in the order of their names. Raises Refused."""
    _is_there(client_id, source_id)
    if place.is_dir():
        files = sorted(file for file in place.rglob("*") if file.is_file() and not file.name.startswith("."))
        _few_enough(len(files))
        yield Upload(client_id, source_id, [(str(file.relative_to(place)), file) for file in files])
        return
    if not zipfile.is_zipfile(place):
        raise Refused(f"{place.name} is neither a folder nor a zip file.", hint="Give one of the two.")
    with place.open("rb") as file, opened_zip(client_id, source_id, file) as upload:
        yield upload


@contextmanager
def opened_zip(client_id: int, source_id: int, file: BinaryIO) -> Iterator[Upload]:
    """The pictures in an open zip. Raises Refused."""
    _is_there(client_id, source_id)
    try:
        archive = zipfile.ZipFile(file)
    except ZIP_FAULTS:
        raise Refused("This is no zip file that can be read.", hint="Pack the pictures anew.") from None
    with tempfile.TemporaryDirectory(prefix="stockwire-images-") as folder, archive:
        entries = [one for one in archive.infolist() if not one.is_dir() and _is_shown(one.filename)]
        _few_enough(len(entries))
        unpacked, left = [], MOST_UNPACKED
        for number, entry in enumerate(sorted(entries, key=lambda one: one.filename)):
            # Under a number of ours: a name from an archive never becomes a path.
            target = Path(folder) / str(number)
            try:
                with archive.open(entry) as given:
                    # One byte more than may be, so that a larger one is told as too large.
                    content = given.read(LARGEST + 1)
            except ZIP_FAULTS as error:
                raise Refused(
                    f"{entry.filename[:200]} in the zip cannot be read.",
                    hint="Pack the pictures anew, without a password.",
                    detail=str(error),
                ) from None
            left -= len(content)
            if left < 0:
                raise Refused(
                    f"The pictures of this zip have more than {MOST_UNPACKED // 1024 // 1024:,} MB.",
                    hint="Upload them in parts.",
                )
            target.write_bytes(content)
            unpacked.append((entry.filename, target))
        yield Upload(client_id, source_id, unpacked)


def _is_there(client_id: int, source_id: int) -> None:
    with tenancy.scope(client_id):
        if not Source.objects.filter(pk=source_id, linked_to=None).exists():
            raise Refused(
                f"There is no source {source_id} with products.", hint="The status page names the sources."
            )


def _few_enough(count: int) -> None:
    if count > MOST_FILES:
        raise Refused(f"{count:,} files are more than {MOST_FILES:,}.", hint="Upload them in parts.")


def _is_shown(name: str) -> bool:
    parts = (part for part in PurePosixPath(name).parts if part != "..")
    return not any(part.startswith((".", "__MACOSX")) for part in parts)


def _code(name: str, rules: Sequence[Replace]) -> str:
    stem = PurePosixPath(name.replace("\\", "/")).stem
    for rule in rules:
        stem = stem.replace(rule.find, rule.put)
    return stem.strip()


def _products(source_id: int, field: str, codes: Sequence[str]) -> dict[str, list[int]]:
    column = FIELDS[field]
    with connection.cursor() as cursor:
        cursor.execute(MATCH.format(column=column), [source_id, text_array({c.casefold() for c in codes})])
        found: dict[str, list[int]] = {}
        for code, product_id in cursor.fetchall():
            found.setdefault(code.casefold(), []).append(product_id)
    return found


def _wrong(found: Found, problem: str, fix: str) -> Found:
    return Found(found.name, found.code, None, found.size, problem, fix)


MATCH = """
    select distinct {column}, p.id from products p join variants v on v.product_id = p.id
    where p.source_id = %s and lower({column}) = any(%s)
"""
ADD = """
    insert into images
        (client_id, product_id, src, content_hash, kind, width, height, next_at, active, position)
    select %s, %s, %s, %s, %s, %s, %s, null, true,
        coalesce((select max(position) from images where product_id = %s and active), 0) + 1
    on conflict (product_id, src) do update set active = true where not images.active
"""
