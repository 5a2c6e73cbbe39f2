"""Spreadsheets as people make and break them: read cell by cell as a person sees them, in bounded memory."""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.files.workbooks import joints, number, row, sheet, text, workbook

from stockwire.errors import Refused
from stockwire.files.table import Unreadable, open_table

STYLES = (
    '<numFmts><numFmt numFmtId="165" formatCode="00000"/><numFmt numFmtId="166" formatCode="yyyy/mm/dd\\ hh:mm"/>'
    '<numFmt numFmtId="167" formatCode="&quot;R&quot;\\ #,##0.00;[Red]-#,##0.00"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="166"/><xf numFmtId="165"/><xf numFmtId="167"/>'
    '<xf numFmtId="21"/></cellXfs>'
)


def read(path: Path) -> list[tuple[int, list[str]]]:
    with open_table(path) as table:
        rows = [(n, list(cells)) for n, cells in table.rows if not isinstance(cells, Unreadable)]
        return [(0, list(table.header)), *rows]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (number("A2", "6009876543210"), "6009876543210"),
        (number("A2", "1234567890123456"), "1234567890123456"),
        (number("A2", "6.00987E+12"), "6009870000000"),
        (number("A2", "123", 3), "00123"),
        (number("A2", "45000", 1), "2023-03-15"),
        (number("A2", "45000.5", 2), "2023-03-15T12:00:00"),
        (number("A2", "0.75", 5), "18:00:00"),
        (number("A2", "1234.5", 4), "1234.5"),
        (number("A2", "1.1500000000000001"), "1.15"),
        (number("A2", "1E-7"), "0.0000001"),
        (number("A2", "-0.5"), "-0.5"),
        ('<c r="A2" t="s"><v>1</v></c>', "Bolt & nut, 8 mm"),
        ('<c r="A2" t="s"><v>2</v></c>', "two\r\nlines"),
        (text("A2", "half_xD83D_a sign_x005F_x000D_"), "half\ufffda sign_x000D_"),
        ('<c r="A2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A2" t="str"><f>B2&amp;"x"</f><v>7x</v></c>', "7x"),
        ('<c r="A2"><f>B2*2</f><v>19.99</v></c>', "19.99"),
        ('<c r="A2"><f>B2*2</f><v/></c>', "#CALC!"),
        ('<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="A2" t="d"><v>2026-11-30</v></c>', "2026-11-30"),
    ],
)
def test_a_cell_reads_as_a_person_sees_it(tmp_path: Path, cell: str, shown: str) -> None:
    texts = (
        "<si><t>sku</t></si><si><r><t>Bolt &amp; </t></r><r><t>nut, 8 mm</t></r><rPh><t>read so</t></rPh></si>"
        "<si><t>two_x000D_\nlines</t></si>"
    )
    header = row(1, '<c r="A1" t="s"><v>0</v></c>')
    file = workbook(tmp_path / "stock.xlsx", header, row(2, cell), texts=texts, styles=STYLES)
    assert read(file) == [(0, ["sku"]), (2, [shown])]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    book = '<workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
    rows = row(1, text("A1", "day")), row(2, number("A2", "43538", 1))
    assert read(workbook(tmp_path / "mac.xlsx", *rows, styles=STYLES, workbook=book))[1] == (
        2,
        ["2023-03-15"],
    )


def test_the_first_sheet_that_is_shown_is_read_with_the_numbers_its_rows_have(tmp_path: Path) -> None:
    book = (
        '<sheets><sheet name="Old" sheetId="1" state="hidden" r:id="rId1"/>'
        '<sheet name="Now" sheetId="2" r:id="rId4"/></sheets>'
    )
    shown = sheet(row(3, text("B3", "sku")), row(4), row(7, text("B7", "A1"), text("D7", "far")))
    file = workbook(
        tmp_path / "two.xlsx",
        row(1, text("A1", "no")),
        workbook=book,
        more={"xl/worksheets/sheet2.xml": shown},
    )
    assert read(file) == [(0, ["", "sku"]), (7, ["", "A1", "", "far"])]


def test_a_cell_in_the_last_corner_of_a_sheet_costs_no_memory(tmp_path: Path) -> None:
    rows = row(1, text("A1", "sku")), row(2, text("A2", "A1")), row(1048576, number("XFD1048576", "1"))
    file = workbook(tmp_path / "corner.xlsx", *rows)
    code = (
        "import resource, sys; from pathlib import Path; from stockwire.files.table import open_table\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "with open_table(Path(sys.argv[1])) as table: print([(n, len(cells)) for n, cells in table.rows])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False
    )
    assert ended.stdout.strip() == "[(2, 1), (1048576, 16384)]", ended.stderr[-500:]


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    cells = [row(n, text(f"A{n}", "x" * 200)) for n in range(1, 20_001)]
    file = workbook(tmp_path / "long.xlsx", *cells)
    del cells
    tracemalloc.start()
    try:
        with open_table(file) as table:
            assert sum(1 for _ in table.rows) == 19_999
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def _lying(file: Path) -> None:
    """Says in its list of parts that each has 100 bytes."""
    content = bytearray(file.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at != -1:
        content[at + 24 : at + 28] = (100).to_bytes(4, "little")
        at = content.find(b"PK\x01\x02", at + 4)
    file.write_bytes(content)


def _changed(file: Path, record: bytes, place: int, value: int) -> None:
    """One byte of the last such record is another, as after a bad transfer."""
    content = bytearray(file.read_bytes())
    content[content.rfind(record) + place] = value
    file.write_bytes(content)


def _of_rows(*rows: str) -> Callable[[Path], object]:
    return lambda file: workbook(file, row(1, text("A1", "sku")), *rows)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: file.write_bytes(b"PK\x03\x04 half of it"), "was cut off"),
        (
            lambda file: (workbook(file, row(1, text("A1", "sku"))), _lying(file)),
            "cannot be read as a spread",
        ),
        (lambda file: (workbook(file), _changed(file, b"PK\x01\x02", 6, 230)), "cannot be read as a spread"),
        (lambda file: (workbook(file), _changed(file, b"PK\x05\x06", 16, 255)), "cannot be read as a spread"),
        (lambda file: workbook(file, more={"_rels/.rels": "no xml"}), "no sound XML"),
        (lambda file: workbook(file, more={"_rels/.rels": joints()}), "a zip file, but no XLSX"),
        (
            lambda file: workbook(
                file,
                more={
                    "_rels/.rels": joints(("a", "officeDocument", "xl/workbook.bin")),
                    "xl/workbook.bin": "x",
                },
            ),
            "binary spreadsheet",
        ),
        (lambda file: workbook(file, workbook="<sheets/>"), "cannot be read as a spreadsheet"),
        (_of_rows(row(2, '<c r="A2" t="s"><v>9</v></c>')), "cannot be read as a spreadsheet"),
        (_of_rows(row(2, number("A2", "many"))), "cannot be read as a spreadsheet"),
        (_of_rows(row(2, number("ZZZ2", "1"))), "cannot be read as a spreadsheet"),
        (_of_rows(row(3, number("A3", "1")), row(2, number("A2", "1"))), "cannot be read as a spreadsheet"),
        (_of_rows(row(2, text("A2", "x" * 9_000_000))), "Row 2 of .* over 8 MB of texts"),
        (_of_rows("<!--" + "x" * 9_000_000 + "-->"), "a tag or a comment of more than 4 MB"),
        (
            lambda file: workbook(
                file, more={"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}
            ),
            "document type",
        ),
        (lambda file: workbook(file, row(1)), "is empty"),
        (lambda file: file.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)), "old Excel file"),
        (lambda file: file.write_bytes(b"\xef\xbb\xbf\r\n<html><table><tr>"), "a web page or XML"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_with_the_fix(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    file = tmp_path / "stock.xlsx"
    make(file)
    with pytest.raises(Refused) as refused:
        read(file)
    assert refused.value.hint
    assert re.search(said, refused.value.message), refused.value.message


def test_a_spreadsheet_is_bounded_by_what_it_unpacks_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockwire.files.xlsx_parts.LARGEST_UNPACKED", 1_000_000)
    file = workbook(tmp_path / "bomb.xlsx", row(1, text("A1", "sku")), *(row(n) for n in range(2, 100_000)))
    assert file.stat().st_size < 500_000
    with pytest.raises(Refused, match="unpacks to more than"):
        read(file)


def test_texts_that_cells_share_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockwire.files.xlsx_parts.LARGEST_TEXTS", 10_000)
    shared = "".join(f"<si><t>{n} {'x' * 100}</t></si>" for n in range(100))
    file = workbook(tmp_path / "texts.xlsx", row(1, text("A1", "sku")), texts=shared)
    with pytest.raises(Refused, match="MB of texts"):
        read(file)
