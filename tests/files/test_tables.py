"""Files as spreadsheets, shops and people write them, read to the same rows."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockwire.errors import Refused
from stockwire.files.csv_writing import csv_lines, write_csv
from stockwire.files.table import Unreadable, open_table

HEADER = "sku,title\r\n"


def read(path: Path) -> list[tuple[int, list[str]]]:
    with open_table(path) as table:
        return [
            (1, list(table.header)),
            *((n, list(row)) for n, row in table.rows if not isinstance(row, Unreadable)),
        ]


@pytest.mark.parametrize(
    "content",
    [
        b"sku,title\r\nA1,Boer se skroef\r\n",
        b"\xef\xbb\xbfsku,title\nA1,Boer se skroef\n",
        "sku\ttitle\r\nA1\tBoer se skroef\r\n".encode("utf-16"),
        b"sku;title\nA1;Boer se skroef\n",
        b"sku|title\r\n\r\n , \r\nA1|Boer se skroef",
        b'"sku","title"\n"A1","Boer se skroef"\n',
    ],
    ids=["plain", "mark", "utf-16 and tabs", "semicolon", "bars and blank rows", "quotes"],
)
def test_the_same_rows_come_out_of_every_way_to_write_them(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    rows = read(file)
    assert rows[0][1] == ["sku", "title"]
    assert [row for _, row in rows[1:] if row != [" , "]] == [["A1", "Boer se skroef"]]


def test_windows_texts_line_breaks_in_quotes_and_row_numbers_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes('sku,title\r\nA1,"Café\nin two ""lines"""\r\n\r\nA2,x\r\n'.encode("cp1252"))
    assert read(file)[1:] == [(2, ["A1", 'Café\nin two "lines"']), (4, ["A2", "x"])]


def test_a_row_with_a_broken_quote_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text('sku,title\nA1,"a"b\nA2,5" pipe\nA3,"never ends\nA4,x\n')
    with open_table(file) as table:
        rows = list(table.rows)
    assert [number for number, row in rows if isinstance(row, Unreadable)] == [2, 4]
    assert (3, ["A2", '5" pipe']) in rows


def test_what_is_no_table_is_refused_with_the_fix(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("\n\n")
    no_sheet = tmp_path / "other.xlsx"
    with zipfile.ZipFile(no_sheet, "w") as archive:
        archive.writestr("readme.txt", "no spreadsheet")
    for path, message in (
        (empty, "is empty"),
        (no_sheet, "cannot be read"),
        (tmp_path / "none.csv", "no file"),
    ):
        with pytest.raises(Refused, match=message) as refused, open_table(path):
            pass
        assert refused.value.hint


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>sku</t></is></c><c r="B2" t="inlineStr"><is><t>price</t></is></c>'
    '<c r="C2" t="inlineStr"><is><t>active</t></is></c></row>'
    '<row r="3"><c r="A3"><v>600123</v></c><c r="B3"><v>0.1</v></c><c r="C3" t="b"><v>0</v></c></row>'
    '<row r="4"><c r="A4" t="inlineStr"><is><t>007</t></is></c><c r="B4"><v>1e-7</v></c></row>'
    "</sheetData></worksheet>"
)
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "</Types>",
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Stock" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
    "xl/worksheets/sheet1.xml": SHEET,
}


def test_a_spreadsheet_reads_as_a_person_sees_it_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
    assert read(file) == [
        (1, ["sku", "price", "active"]),
        (3, ["600123", "0.1", "FALSE"]),
        (4, ["007", "0.0000001", ""]),
    ]


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockwire.files.xlsx_rows.LARGEST_UNPACKED", 1_000)
    file = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 100_000)
    with pytest.raises(Refused, match="unpacks to"), open_table(file):
        pass


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=6)
        | st.sampled_from(["=1+1", "'=", "''", "'", "\r", "\n", '"', ",;\t|", "-1", "+x", "@a"]),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_comes_back_as_it_was_and_no_spreadsheet_runs_it(tmp_path: Path, cells: list[str]) -> None:
    file = tmp_path / "any.csv"
    write_csv(file, ["end", *(f"c{n}" for n in range(len(cells)))], [["x", *cells]])
    assert read(file)[1:] == [(2, ["x", *cells])]
    with file.open(encoding="utf-8-sig", newline="") as raw:
        assert not any(cell[:1] in {"=", "+", "-", "@"} for row in csv.reader(raw) for cell in row if cell)


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    def write_half() -> None:
        with csv_lines(tmp_path / "half.csv", ["a"]) as write:
            write(["1"])
            raise KeyError("half way")

    with pytest.raises(KeyError):
        write_half()
    assert list(tmp_path.iterdir()) == []
