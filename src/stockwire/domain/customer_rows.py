"""One row of a customer file (formats.md 2): the template's columns, and what each cell says.

Pure. A password is only ever handed on in the field that holds it, and is in no message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stockwire.domain import cells
from stockwire.domain.cells import Wrong

CODE = "source_customer_code"
PERSON = ("first_name", "last_name", "email")
FLAGS = ("accepts_marketing", "send_email_invite")
ADDRESS = (
    "address1",
    "address2",
    "city",
    "company",
    "first_name",
    "last_name",
    "phone",
    "province",
    "country",
    "zip",
    "country_code",
    "province_code",
)
COLUMNS = (
    CODE,
    *PERSON,
    "accepts_marketing",
    "note",
    "send_email_invite",
    "password",
    "password_confirmation",
    *(f"address1.{name}" for name in ADDRESS),
)
"""The template, in its order."""
SECRET = ("password", "password_confirmation")
TRADE = ("price_tier", "warehouse")
"""Taken too, though not in the template: a customer's own price list and warehouse."""
_LONGEST = {"note": 0, "email": 320, "price_tier": 100, "warehouse": 100}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`texts` and `flags` hold the columns that are there and say something, `address` those of the address.
    A blank text takes a text away; a blank TRUE or FALSE, and a blank password, say nothing."""

    number: int
    code: str
    texts: Mapping[str, str]
    flags: Mapping[str, bool]
    address: Mapping[str, str]
    password: str = field(default="", repr=False)


class CustomerColumns:
    """A header, ready to read rows. Raises Wrong when it cannot be used."""

    def __init__(self, header: Sequence[str]) -> None:
        names = [cell.replace("\ufeff", "").strip().lower() for cell in header]
        self._names = names
        known = {*COLUMNS, *TRADE}
        self.unknown = [name for name in names if name and name not in known]
        twice = sorted({name for name in names if name in known and names.count(name) > 1})
        if twice:
            raise Wrong(f"The column {twice[0]} is there twice.", "Take one of them out.")
        if CODE not in names:
            raise Wrong(
                f"There is no column {CODE}.", "It holds the account code of the customer in Omni, exactly."
            )
        if ("password" in names) != ("password_confirmation" in names):
            raise Wrong("password and password_confirmation go together.", "Add the other one.")

    def read(self, number: int, row: Sequence[str]) -> CustomerRow:
        """The row with this number in the file. Raises Wrong."""
        if any(one.strip() for one in row[len(self._names) :]):
            raise Wrong(
                f"The row has {len(row)} cells for {len(self._names)} columns.",
                "Put texts with a comma or a line break into quotes; a spreadsheet does so when it saves.",
            )
        cell = {
            name: (row[place] if place < len(row) else "").strip() for place, name in enumerate(self._names)
        }
        for name, value in cell.items():
            if value[:1] == "#" and name not in SECRET:
                cells.no_error(name, value)
        cells.not_shortened(CODE, cell[CODE])
        code = cells.code(CODE, cell[CODE])
        if not code:
            raise Wrong("The row has no source_customer_code.", "Fill in the account code of Omni.")
        texts = {
            name: cells.text(name, cell[name], _LONGEST.get(name, 200))
            for name in (*PERSON, "note", *TRADE)
            if name in cell
        }
        address = {
            name: cells.text(name, cell[f"address1.{name}"], _LONGEST.get(name, 200))
            for name in ADDRESS
            if f"address1.{name}" in cell
        }
        if address.get("country_code"):
            address["country_code"] = _country(address["country_code"])
        email = texts.get("email", "")
        if email and not _EMAIL.fullmatch(email):
            raise Wrong(
                f'email is "{email[:60]}", which is no e-mail address.', "Correct it or leave it blank."
            )
        flags = {name: cells.yes_or_no(name, cell[name]) for name in FLAGS if cell.get(name)}
        if flags.get("send_email_invite") and "email" in cell and not email:
            raise Wrong("There is no e-mail address to send the invitation to.", "Fill in email.")
        password = cell.get("password", "")
        if password != cell.get("password_confirmation", ""):
            raise Wrong("password and password_confirmation are not the same.", "Type the password twice.")
        return CustomerRow(number, code, texts, flags, address, password)

    def code_of(self, row: Sequence[str]) -> str:
        """The account code in a row that could not be read, for the report."""
        place = self._names.index(CODE)
        return row[place].strip()[:100] if place < len(row) else ""


def _country(code: str) -> str:
    if not re.fullmatch("[A-Za-z]{2}", code):
        raise Wrong(
            f'address1.country_code is "{code[:20]}", which is no code of a country.',
            "Write its two letters, such as ZA, or leave it blank.",
        )
    return code.upper()
