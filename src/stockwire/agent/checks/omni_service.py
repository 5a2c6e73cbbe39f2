"""OmniWebServiceREST: does it run, how old is it, does it let us in, and which switches work.

Only reads: the banner, a look-up of a reference that cannot exist, and the report Stock Export. What only a
posted document would tell is "cannot be known from here". ASSUMPTION: the words of refusals other than
"Invalid username or password" are not public (connectors/omni/replies.py).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from stockwire.agent.checks import omni_words as say
from stockwire.agent.checks.check import Check
from stockwire.agent.config import OmniSettings as OmniAccess
from stockwire.connectors.omni.api import OmniService
from stockwire.connectors.omni.replies import OLDEST_VERSION, is_new_enough
from stockwire.connectors.omni.reports import read_rows
from stockwire.errors import NotSetUp, StockwireError, TryLater
from stockwire.ports import Finding

REPORT = "Stock Export"
REPORT_WITHIN_S = 240.0


@dataclass(slots=True)
class StockExport:
    """What the saved report shows. `vat_codes` counts the stock items that use each code."""

    rows: int = 0
    codes: set[str] = field(default_factory=set)
    vat_codes: dict[str, int] = field(default_factory=dict)


class OmniCheck:
    """Iterate `look`; afterwards `export` is what Stock Export told, None where it could not be had."""

    def __init__(
        self,
        access: OmniAccess | None,
        document: str,
        last_raised: str,
        service: OmniService | None = None,
    ) -> None:
        self._access = access
        self._document = document
        self._last_raised = last_raised
        self._service = service
        self.export: StockExport | None = None
        self._in_the_way: Check | None = None

    def look(self) -> Iterator[Finding]:
        access = self._access
        if access is None:
            yield from (check.says("not_asked") for check in say.CHECKS)
            return
        if self._service is not None:
            yield from self._look_at(self._service, access)
            return
        try:
            service = OmniService(
                access.url,
                access.company,
                access.user,
                access.password,
                access.auth,
                report_timeout_s=REPORT_WITHIN_S,
            )
        except NotSetUp as error:
            yield say.SERVICE.says("address", why=error.message)
            yield from (check.waits_for(say.SERVICE) for check in say.CHECKS[1:])
            return
        with service:
            yield from self._look_at(service, access)

    def _look_at(self, service: OmniService, access: OmniAccess) -> Iterator[Finding]:
        try:
            version = service.version()
        except StockwireError as error:
            yield _no_service(access.url, error)
            yield from (check.waits_for(say.SERVICE) for check in say.CHECKS[1:])
            return
        yield say.SERVICE.says("runs", url=access.url)
        yield _version(version)
        problem: StockwireError | None = None
        safe = False
        try:
            safe = service.learn_missing_reply(self._document)
        except StockwireError as error:
            problem = error
        yield from self._entrance(access, problem, safe)
        if self._in_the_way is not None:
            yield say.EXPORT.waits_for(self._in_the_way)
            return
        yield self._export(service)

    def _entrance(self, access: OmniAccess, problem: StockwireError | None, safe: bool) -> Iterator[Finding]:
        """What one look-up tells of user, company, licence, switches and of look-ups themselves."""
        said = problem.message if problem else ""
        because: Check | None = None
        if "Invalid username or password" in said:
            because = say.SIGN_IN
            yield say.SIGN_IN.says(
                "refused", user=access.user, auth=access.auth, company=_company_note(access.company)
            )
            yield say.COMPANY.waits_for(say.SIGN_IN)
            yield say.LICENCE.waits_for(say.SIGN_IN)
        elif "does not know this company name" in said:
            because = say.COMPANY
            yield say.SIGN_IN.says("accepted", user=access.user)
            yield _wrong_company(access.company, problem.detail if problem else "")
            yield say.LICENCE.waits_for(say.COMPANY)
        elif "licences are taken" in said:
            because = say.LICENCE
            yield say.SIGN_IN.says("accepted", user=access.user)
            yield say.COMPANY.says("accepted", company=access.company, note=_odd_note(access.company))
            yield say.LICENCE.says("full")
        elif problem and not _is_about_documents(problem):
            because = say.LOOK_UP
            yield from (check.waits_for(say.LOOK_UP) for check in (say.SIGN_IN, say.COMPANY, say.LICENCE))
        else:
            yield say.SIGN_IN.says("accepted", user=access.user)
            yield say.COMPANY.says("accepted", company=access.company, note=_odd_note(access.company))
            yield say.LICENCE.says("free")
        self._in_the_way = because
        yield from self._switches(problem, because)
        if because is not None and because is not say.LOOK_UP:
            yield say.LOOK_UP.waits_for(because)
        else:
            yield self._look_up(problem, safe)

    def _switches(self, problem: StockwireError | None, because: Check | None) -> Iterator[Finding]:
        named = re.search(r"SF ?\d{3}", problem.detail if problem else "") if _is_switch(problem) else None
        missing = named.group().replace(" ", "") if named else ""
        for check in (say.SF187, say.SF083, say.SF109):
            if check.code == f"switch_{missing.lower()}":
                yield check.says("missing")
            elif because is not None:
                yield check.waits_for(because)
            elif check is say.SF109 and self._last_raised:
                yield check.says("on", when=self._last_raised[:10])
            elif check is say.SF109 or problem is not None:
                yield check.says("not_seen")
            else:
                yield check.says("on")

    def _look_up(self, problem: StockwireError | None, safe: bool) -> Finding:
        document = self._document
        if problem is None:
            return say.LOOK_UP.says("safe" if safe else "unclear", document=document)
        if "banner" in problem.message:
            return say.LOOK_UP.says("banner", document=document)
        if _is_switch(problem):
            return say.LOOK_UP.says("switch", document=document, said=problem.detail)
        if "cannot exist" in problem.message:
            return say.LOOK_UP.says("proves_nothing", document=document)
        return say.LOOK_UP.says("no_answer", document=document, why=problem.detail or problem.message)

    def _export(self, service: OmniService) -> Finding:
        export = StockExport()
        try:
            with service.report(REPORT) as pieces:
                for row in read_rows(REPORT, pieces):
                    export.rows += 1
                    export.codes.add(str(row.get("stock_code") or ""))
                    vat = str(row.get("vat_code") or "")
                    export.vat_codes[vat] = export.vat_codes.get(vat, 0) + 1
        except NotSetUp as error:
            return say.EXPORT.says("missing", why=error.detail or error.message)
        except TryLater as error:
            return say.EXPORT.says("broke", why=error.detail or error.message)
        self.export = export
        return say.EXPORT.says("read", count=f"{export.rows:,}")


def oddities(company: str) -> str:
    """What is unusual about the blanks and characters of a company name, in words; "" when nothing is."""
    found = []
    if company != company.strip():
        found.append("it begins or ends with a blank")
    if re.search(r"(?<=\S)[ \t\xa0]{2,}(?=\S)", company):
        before = re.split(r"[ \t\xa0]{2,}", company.strip())[0]
        found.append(f'two blanks follow "{before}"')
    if any(unicodedata.category(char) == "Zs" and char != " " for char in company):
        found.append("it holds a non-breaking blank, which looks like a blank and is none")
    if any(unicodedata.category(char) in {"Cc", "Cf"} for char in company):
        found.append("it holds an invisible character")
    return "; ".join(found)


def _no_service(url: str, error: StockwireError) -> Finding:
    if "cannot be reached" in error.message:
        return say.SERVICE.says("refused", url=url)
    if isinstance(error, NotSetUp):  # the banner needs no sign-in, so who asks for one is another program
        return say.SERVICE.says("other", url=url)
    return say.SERVICE.says("fails", url=url, why=error.detail or error.message)


def _version(version: str) -> Finding:
    oldest = ".".join(map(str, OLDEST_VERSION))
    enough = is_new_enough(version)
    if enough is None:
        return say.VERSION.says("not_said")
    return say.VERSION.says("new_enough" if enough else "too_old", version=version, oldest=oldest)


def _wrong_company(company: str, said: str) -> Finding:
    """Omni's own words may name the companies it has (nothing public says so): the nearest are shown.

    Runs of blanks come shortened in them, so names that differ only in blanks are taken for our own.
    """
    ours = company.split()
    others = [name for name in re.findall(r'"([^"]+)"', said) if name.split() != ours]
    near = difflib.get_close_matches(company, others, n=3, cutoff=0.6)
    if near:
        return say.COMPANY.says("near", company=company, near=", ".join(f'"{name}"' for name in near))
    if odd := oddities(company):
        return say.COMPANY.says("odd", company=company, odd=odd)
    return say.COMPANY.says("unknown", company=company)


def _odd_note(company: str) -> str:
    odd = oddities(company)
    return f" ({odd}, as Omni has it)" if odd else ""


def _company_note(company: str) -> str:
    odd = oddities(company)
    return f' Look at omni.company "{company}" too: {odd}.' if odd else ""


def _is_switch(problem: StockwireError | None) -> bool:
    return problem is not None and "switch is missing" in problem.message


def _is_about_documents(problem: StockwireError) -> bool:
    """Whether Omni let us in and only the look-up failed."""
    return _is_switch(problem) or "banner" in problem.message or "cannot exist" in problem.message
