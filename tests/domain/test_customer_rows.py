"""One row of a customer file: what it says, and what cannot be used, never showing a password."""

from __future__ import annotations

import pytest

from stockwire.domain.cells import Wrong
from stockwire.domain.customer_rows import CustomerColumns

HEADER = (
    "\ufeffSource_Customer_Code",
    "email",
    "send_email_invite",
    "password",
    "password_confirmation",
    "address1.country_code",
    "note",
)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (("email",), "There is no column source_customer_code."),
        (("source_customer_code", "email", "Email"), "The column email is there twice."),
        (("source_customer_code", "password"), "password and password_confirmation go together."),
    ],
)
def test_a_header_that_cannot_be_used_says_why(header: tuple[str, ...], message: str) -> None:
    with pytest.raises(Wrong) as wrong:
        CustomerColumns(header)
    assert (wrong.value.message, bool(wrong.value.fix)) == (message, True)


def test_a_row_says_only_what_its_cells_say() -> None:
    row = CustomerColumns(HEADER).read(2, (" ANNA01 ", "anna@example.co.za", "yes", "pw", "pw", "za"))
    assert (row.code, row.texts, row.flags) == (
        "ANNA01",
        {"email": "anna@example.co.za", "note": ""},
        {"send_email_invite": True},
    )
    assert (row.address, row.password, "pw" in repr(row)) == ({"country_code": "ZA"}, "pw", False)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("", "", "", "secret", "secret"), "The row has no source_customer_code."),
        (("A", "nobody", "", "secret", "secret"), 'email is "nobody", which is no e-mail address.'),
        (("A", "", "yes", "secret", "secret"), "There is no e-mail address to send the invitation to."),
        (("A", "", "", "secret", "secrets"), "password and password_confirmation are not the same."),
        (("A", "", "", "", "", "ZAF"), 'address1.country_code is "ZAF", which is no code of a country.'),
        (("A", "", "", "", "", "", "note", "secret"), "The row has 8 cells for 7 columns."),
        (("A", "", "", "", "", "", "#REF!"), "note is #REF!, an error of the spreadsheet."),
        (("A" * 101,), "source_customer_code has 101 characters, more than 100."),
    ],
)
def test_a_row_that_cannot_be_used_says_why_without_its_password(
    cells: tuple[str, ...], message: str
) -> None:
    columns = CustomerColumns(HEADER)
    with pytest.raises(Wrong) as wrong:
        columns.read(2, cells)
    assert (wrong.value.message, bool(wrong.value.fix)) == (message, True)
    assert "secret" not in wrong.value.message + wrong.value.fix
    assert columns.code_of(cells) == cells[0][:100]
