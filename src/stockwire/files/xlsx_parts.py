"""What a spreadsheet says beside its cells: which sheet is the first one shown, the texts that cells share,
and how numbers are shown. Names of elements are taken without their namespace, of which there are two.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from stockwire.errors import Refused
from stockwire.files.xml_parse import parse
from stockwire.files.zip_faults import ZIP_FAULTS

LARGEST_UNPACKED = 1024 * 1024 * 1024
LARGEST_TEXTS = 100 * 1024 * 1024
_CHUNK = 256 * 1024
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Numbers of the formats that every spreadsheet knows and that show a day or a time (ECMA-376 18.8.30)."""
_NO_SIGN = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.', re.IGNORECASE)

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a cell's number is shown: as a day or time, or filled up with noughts to so many digits."""

    date: bool = False
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """`sheet` is the part with the cells, `formats` what a cell's style says of its number."""

    sheet: str
    texts: list[str]
    formats: list[Shown]
    since_1904: bool


class Archive:
    """The parts of a spreadsheet, bounded in what they unpack to, whatever they say of their size."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self.name = archive, name
        self._left = LARGEST_UNPACKED

    def has(self, part: str) -> bool:
        return part in self._archive.NameToInfo

    def chunks(self, part: str) -> Generator[bytes, None, None]:
        """Raises Refused."""
        try:
            with self._archive.open(part) as file:
                while chunk := file.read(_CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise Refused(
                            f"{self.name} unpacks to more than {LARGEST_UNPACKED // 1024 // 1024} MB.",
                            hint="Save it as CSV; there is no such bound there.",
                        )
                    yield chunk
        except ZIP_FAULTS as error:
            raise broken(self.name, str(error)) from None

    def elements(self, part: str) -> Iterator[tuple[str, Attributes]]:
        """Names and attributes of a small part's elements, in their order."""
        found: list[tuple[str, Attributes]] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda name, attributes: found.append(
            (plain(name), {plain(key): value for key, value in attributes.items()})
        )
        for _ in parse(parser, self.chunks(part), f"{self.name} ({part})"):
            yield from found
            found.clear()


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Raises Refused when the file is no archive."""
    try:
        opened = zipfile.ZipFile(path)
    except ZIP_FAULTS as error:
        raise broken(path.name, str(error)) from None
    with opened:
        yield Archive(opened, path.name)


def open_book(archive: Archive) -> Book:
    """Raises Refused when it is no spreadsheet of the kind that is read."""
    book = _target(archive, "", "officeDocument")
    if book is None or not archive.has(book):
        raise Refused(
            f"{archive.name} is a zip file, but no XLSX spreadsheet.",
            hint="Save it as XLSX or CSV; a zip with such a file in it has to be unpacked first.",
        )
    if book.endswith(".bin"):
        raise Refused(f"{archive.name} is a binary spreadsheet (XLSB).", hint="Save it as XLSX or CSV.")
    sheet, since_1904 = "", False
    for name, attributes in archive.elements(book):
        if name == "workbookPr":
            since_1904 = attributes.get("date1904", "") in {"1", "true"}
        elif name == "sheet" and not sheet and attributes.get("state", "visible") == "visible":
            sheet = _target(archive, book, attributes.get("id", "")) or ""
    if not archive.has(sheet):
        raise broken(archive.name, "there is no sheet in it")
    texts, styles = _target(archive, book, "sharedStrings"), _target(archive, book, "styles")
    return Book(
        sheet,
        _texts(archive, texts) if texts and archive.has(texts) else [],
        _formats(archive, styles) if styles and archive.has(styles) else [],
        since_1904,
    )


def broken(name: str, why: str) -> Refused:
    return Refused(
        f"{name} cannot be read as a spreadsheet.", hint="Save it as XLSX or CSV anew.", detail=why
    )


@lru_cache(maxsize=200)
def plain(name: str) -> str:
    """An element's or attribute's name without its namespace."""
    return name.rpartition(" ")[2]


def unescaped(text: str) -> str:
    """A text as it was typed: signs that XML has no place for are written _x000D_ (ECMA-376 22.9.2.19)."""
    return _ESCAPED.sub(_sign, text) if "_x" in text else text


def _sign(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    # Half of a pair is no sign, and no text that could be stored.
    return "\ufffd" if 0xD800 <= number <= 0xDFFF else chr(number)


def _target(archive: Archive, part: str, wanted: str) -> str | None:
    """The part that another one is joined to, by the end of the joint's kind or by its id."""
    folder, name = posixpath.split(part)
    joints = posixpath.join(folder, "_rels", f"{name}.rels")
    if not archive.has(joints):
        return None
    for element, attributes in archive.elements(joints):
        kind = attributes.get("Type", "").rpartition("/")[2]
        if element == "Relationship" and wanted in {kind, attributes.get("Id")}:
            return posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
    return None


class _Texts:
    """The texts that cells share, in their order, without the readings of Japanese ones (rPh)."""

    def __init__(self, name: str) -> None:
        self.texts: list[str] = []
        self._name = name
        self._pieces: list[str] = []
        self._size = 0
        self._heard = self._reading = False

    def start(self, name: str, attributes: Attributes) -> None:
        kind = plain(name)
        self._reading = self._reading or kind == "rPh"
        self._heard = kind == "t" and not self._reading

    def text(self, text: str) -> None:
        if self._heard:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        kind = plain(name)
        self._heard = False
        if kind == "rPh":
            self._reading = False
        elif kind == "si":
            text = unescaped("".join(self._pieces))
            self._pieces.clear()
            self._size += len(text) + 50
            if self._size > LARGEST_TEXTS:
                raise Refused(
                    f"{self._name} holds more than {LARGEST_TEXTS // 1024 // 1024} MB of texts.",
                    hint="Save it as CSV; there is no such bound there.",
                )
            self.texts.append(text)


def _texts(archive: Archive, part: str) -> list[str]:
    heard = _Texts(archive.name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = heard.start, heard.end
    parser.CharacterDataHandler = heard.text
    for _ in parse(parser, archive.chunks(part), archive.name):
        pass
    return heard.texts


def _formats(archive: Archive, part: str) -> list[Shown]:
    """How the number of each cell style is shown."""
    own: dict[str, Shown] = {}
    formats: list[Shown] = []
    within = False
    for name, attributes in archive.elements(part):
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = _shown(attributes.get("formatCode", ""))
        elif name in {"cellXfs", "cellStyles"}:
            within = name == "cellXfs"
        elif name == "xf" and within:
            number = attributes.get("numFmtId", "0")
            known = Shown(date=number.isdecimal() and int(number) in _DATES)
            formats.append(own.get(number, known))
    return formats


def _shown(code: str) -> Shown:
    """What a format such as yyyy-mm-dd or 00000 makes of a number; the first part is for positive ones."""
    positive = _NO_SIGN.sub("", code.partition(";")[0])
    if re.search("[dmyhs]", positive, re.IGNORECASE) and "general" not in positive.lower():
        return Shown(date=True)
    return Shown(digits=len(positive) if re.fullmatch("0{2,}", positive) else 0)
