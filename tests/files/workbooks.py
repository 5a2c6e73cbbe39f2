"""Spreadsheets for tests, part by part, as programs write them and as people break them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
JOINTS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def number(place: str, value: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def row(at: int, *cells: str) -> str:
    return f'<row r="{at}">{"".join(cells)}</row>'


def workbook(
    file: Path,
    *rows: str,
    texts: str = "",
    styles: str = "",
    workbook: str = "",
    more: Mapping[str, str] = {},
) -> Path:
    """A spreadsheet with these rows. `texts` are shared <si>, `styles` a whole part, `workbook` its sheets."""
    sheets = workbook or '<sheets><sheet name="Stock" sheetId="1" r:id="rId1"/></sheets>'
    parts = {
        "_rels/.rels": joints(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": joints(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "sharedStrings", "/xl/sharedStrings.xml"),
            ("rId3", "styles", "styles.xml"),
            ("rId4", "worksheet", "worksheets/sheet2.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet(*rows),
        **({"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>'} if texts else {}),
        **({"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'} if styles else {}),
        **more,
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def sheet(*rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def joints(*each: tuple[str, str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="{number}" Type="{KINDS}/{kind}" Target="{target}"/>'
        for number, kind, target in each
    )
    return f'<Relationships xmlns="{JOINTS}">{inner}</Relationships>'
