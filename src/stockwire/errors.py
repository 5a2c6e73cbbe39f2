"""The three errors that say what the operator does.

Everything a connector, the agent or a verb raises on purpose is one of these. Anything else is our fault.
Each carries a message in plain English that names the SKU or order, a hint (the next action) and detail
(the other side's words, redacted). They never carry credentials.
"""

from __future__ import annotations


class StockwireError(Exception):
    """Something went wrong that the operator can understand."""

    def __init__(self, message: str = "", *, hint: str = "", detail: str = "") -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.hint = hint
        self.detail = detail
        super().__init__(self.message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, hint={self.hint!r})"


class TryLater(StockwireError):
    """The other side cannot be reached or is busy. It is tried again by itself.

    `after_s` is the least time to wait in seconds; None leaves it to the caller's back-off.
    `may_have_worked` is True when the request could have been carried out although no answer came: look
    before repeating it.
    """

    def __init__(
        self,
        message: str = "",
        *,
        hint: str = "",
        detail: str = "",
        after_s: float | None = None,
        may_have_worked: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.after_s = after_s
        self.may_have_worked = may_have_worked


class Refused(StockwireError):
    """The other side turned this record down. It stops this record and nothing else."""


class NotSetUp(StockwireError):
    """Credentials, a setting or a permission is missing. The connector pauses until it is put right."""
