"""Files as spreadsheets, shops and people write them, read to the same rows."""

from __future__ import annotations

import csv
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
        b"sep=;\r\nsku;title\r\nA1;Boer se skroef\r\n",
        b"\r\n\r\nsku;title\r\nA1;Boer se skroef\r\n",
        b"sku;title\rA1;Boer se skroef\r",
    ],
    ids=[
        "plain",
        "mark",
        "utf-16 and tabs",
        "semicolon",
        "bars and blank rows",
        "quotes",
        "a delimiter that is named",
        "blank rows before the header",
        "an old Macintosh",
    ],
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


def test_what_a_quotation_mark_that_is_never_closed_swallows_is_said(tmp_path: Path) -> None:
    file = tmp_path / "inch.csv"
    file.write_text(HEADER + 'A1,"5 inch\r\n' + "B,b\r\n" * 40, newline="")
    with open_table(file) as table:
        [(number, row)] = list(table.rows)
    assert isinstance(row, Unreadable)
    assert (number, "41 lines of the file went into it" in row.message) == (2, True)


def test_what_is_no_table_is_refused_with_the_fix(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("\n\n")
    nothing = tmp_path / "nothing.csv"
    nothing.touch()
    cut = tmp_path / "cut.csv"
    cut.write_bytes("sku;title\r\nA1;x\r\n".encode("utf-16") + b"x")
    unmarked = tmp_path / "unmarked.csv"
    unmarked.write_bytes("sku;title\r\nA1;x\r\n".encode("utf-16-le"))
    one_line = tmp_path / "one-line.csv"
    one_line.write_bytes(b"sku,title\n" + b"A1,x " * 4_000_000)
    for path, message in (
        (empty, "is empty"),
        (nothing, "is empty"),
        (cut, "begins as UTF-16"),
        (unmarked, "NUL characters"),
        (one_line, "a line of more than 16 MB"),
        (tmp_path / "none.csv", "no file"),
    ):
        with pytest.raises(Refused, match=message) as refused:
            read(path)
        assert refused.value.hint


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
