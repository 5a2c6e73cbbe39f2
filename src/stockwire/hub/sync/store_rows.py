"""Rows of a file into the tables, for an import and for a linked source alike: located, staged, kept to what
may be written, compared, stored, and what changed marked stale and put into the audit.

One call is one batch inside the caller's transaction. With `dry_run` only the temporary table is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from stockwire.domain.flags import Flags
from stockwire.domain.product_columns import OPTIONS
from stockwire.domain.product_rows import PRODUCT_TEXTS, ProductRow, RowResult
from stockwire.hub import tenancy
from stockwire.hub.models import Source
from stockwire.hub.sync import turns
from stockwire.hub.sync.audit_rows import AuditRow, note_all
from stockwire.hub.sync.audit_source import without_quantities
from stockwire.hub.sync.image_rows import image_changes, store_images
from stockwire.hub.sync.locate_rows import Located, Place, locate
from stockwire.hub.sync.new_rows import NewRows
from stockwire.hub.sync.no_longer_sent import remove_meta
from stockwire.hub.sync.option_rows import option_changes, store_options
from stockwire.hub.sync.row_differences import Changes, differences
from stockwire.hub.sync.stage_rows import note_new, stage_rows
from stockwire.hub.sync.staged_rows import Staged, text_array
from stockwire.hub.sync.stale import mark_new, mark_products, wake_pushes
from stockwire.hub.sync.store_first import none_there, store_first
from stockwire.hub.sync.store_products import rivals, store_new, store_rest
from stockwire.hub.sync.writable import keep_to_writable, may_write

OPTION_NAMES = tuple(name for name in OPTIONS if name.endswith("name"))


@dataclass(frozen=True, slots=True)
class How:
    """`flags` say what may be written of a product that is there; `create` whether new ones may come in.
    `who` and `action` stand in the audit; not `by_hand`, without quantities (audit_source). `meta_prefixes`:
    attributes that begin so and are not in the row go. `coming` are the products that came in with earlier
    rows of the file, or would have, `ahead` what was made of these rows before, should all be new.
    `waiting` is called when from now on it is mostly the database that is at work.
    """

    flags: Flags
    create: bool
    who: str
    action: str
    dry_run: bool = False
    meta_prefixes: tuple[str, ...] = ()
    by_hand: bool = True
    coming: set[str] = field(default_factory=set)
    ahead: NewRows | None = None
    waiting: Callable[[], None] = lambda: None


def store_batch(
    source: Source,
    rows: Sequence[ProductRow],
    how: How,
    settle: Callable[[list[RowResult]], None] = lambda results: None,
) -> list[RowResult]:
    """`store_rows` in a transaction of its own; again when it and an agent's batch waited for each other.
    `settle` is called at the end of the transaction, and again when that is done again.
    """
    not_yet = {row.product_code for row in rows} - how.coming
    for tries_left in (2, 1, 0):
        # What a try that was undone brought is not coming.
        how.coming.difference_update(not_yet)
        try:
            with tenancy.scope(source.client_id):
                take_turn(source)
                results = store_rows(source, rows, how)
                settle(results)
                return results
        except OperationalError as error:
            if not tries_left or not turns.in_the_way(error):
                raise
        except IntegrityError:
            # An agent's batch that came ahead of its turn brought one of the products meanwhile.
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def take_turn(source: Source) -> None:
    """Wait until no agent and no other import is writing to this source, in the order in which agents do."""
    with connection.cursor() as cursor:
        cursor.execute(TURN, {"source": source.pk})


def store_rows(source: Source, rows: Sequence[ProductRow], how: How) -> list[RowResult]:
    """Store one batch of rows, each code once in it; what happened to each, in the order of the rows."""
    if how.create and how.ahead is not None and none_there(source, how.ahead):
        how.coming.update(row.product_code for row in rows)
        if not how.dry_run:
            _write_first(source, rows, how.ahead, how)
        return how.ahead.results
    how.waiting()
    located = locate(source, _one_voice(rows), create=how.create, coming=how.coming)
    # Once more, because a row that names only its variant is told its product there.
    spoken = _one_voice([place.row for place in located.places])
    places = [
        place if place.row is row else replace(place, row=row)
        for place, row in zip(located.places, spoken, strict=True)
    ]
    located = replace(located, places=places)
    before, to_store = _staged(source, places, how)
    removed = _meta_to_remove(source, places, how)
    images = image_changes(source, places, writable=may_write(how.flags, "images"))
    options = option_changes(source, places, writable=may_write(how.flags, "options"))
    results = [*located.settled, *_gone_results([*located.gone, *located.gone_variants])]
    for place in places:
        changes = dict(before.get(place.row.variant_code, {}))
        changes |= {
            f"meta_{key}": (value, None) for key, value in removed.get(place.row.product_code, {}).items()
        }
        changes |= images.get(place.row.product_code, {})
        changes |= options.get(place.row.variant_code, {})
        if place.off and place.row.active:
            changes["active"] = ("false", "true")
        if place.moved_from:
            changes["source_product_code"] = (place.moved_from, place.row.product_code)
        results.append(_result(place, changes))
    if not how.dry_run:
        _write(source, located, to_store, removed=removed, images=images, options=options, how=how)
        if any(place.new == "product" for place in places):
            note_new(source.client_id, how.who, how.action)
        note_all(source.client_id, how.who, how.action, _audit_rows(places, results, how))
    return sorted(results, key=lambda result: result.number)


def _one_voice(rows: Sequence[ProductRow]) -> list[ProductRow]:
    """A title that only one row of a product gives is the title in all of them."""
    if all("title" in row.texts for row in rows):
        return list(rows)
    titles = {row.product_code: row.texts["title"] for row in rows if "title" in row.texts}
    return [
        replace(row, texts={**row.texts, "title": title})
        if "title" not in row.texts and (title := titles.get(row.product_code)) is not None
        else row
        for row in rows
    ]


def _staged(source: Source, places: Sequence[Place], how: How) -> tuple[Mapping[str, Changes], int]:
    """Bring the rows into the temporary table as far as they may be written; what they would change, and how
    many are left there to be stored. A row that changes nothing is not looked at again."""
    if not places:
        return {}, 0
    stage_rows(places)
    if all(place.product_id is None for place in places):
        return {}, len(places)
    keep_to_writable(source, how.flags, partial=True)
    found = differences(source)
    differing = [
        place.row.variant_code
        for place in places
        if place.new or place.moved_from or found.get(place.row.variant_code)
    ]
    if len(differing) < len(places):
        with connection.cursor() as cursor:
            cursor.execute(LEAVE_OUT, [text_array(differing)])
    return found, len(differing)


def _meta_to_remove(source: Source, places: Sequence[Place], how: How) -> dict[str, dict[str, str]]:
    """Attributes that go: those a row names to be deleted, and those of a prefix that it no longer brings."""
    asked: dict[str, set[str]] = {}
    for place in places:
        if place.product_id is not None:
            asked.setdefault(place.row.product_code, set()).update(place.row.meta_delete)
    if not (how.meta_prefixes or any(asked.values())):
        return {}
    sent = {place.row.product_code: set(place.row.meta) for place in places}
    with connection.cursor() as cursor:
        cursor.execute(META_OF, {"source": source.pk, "codes": list(asked)})
        found = cursor.fetchall()
    removed: dict[str, dict[str, str]] = {}
    for code, key, value in found:
        named = key in asked[code]
        lapsed = how.meta_prefixes and key.startswith(how.meta_prefixes) and key not in sent[code]
        if (named or lapsed) and may_write(how.flags, f"meta.{key}"):
            removed.setdefault(code, {})[key] = value
    return removed


def _write_first(source: Source, rows: Sequence[ProductRow], ahead: NewRows, how: How) -> None:
    """A first import, or an addition: nothing is there that could differ."""
    channels = store_first(source, ahead, how.who, how.action, how.waiting)
    if places := [Place(row, None, "product") for row in rows if row.images or row.options]:
        store_images(source, image_changes(source, places, writable=True))
        store_options(source, places, {})
    wake_pushes(channels)


def _write(
    source: Source,
    located: Located,
    to_store: int,
    *,
    removed: Mapping[str, Mapping[str, str]],
    images: Mapping[str, Changes],
    options: Mapping[str, Changes],
    how: How,
) -> None:
    places, gone = located.places, list(dict.fromkeys(place.row.product_code for place in located.gone))
    staged = Staged(to_store, any(place.row.meta for place in places), gone)
    new = store_new(source, staged, how.who)
    changed = {*store_rest(source, staged, new).changed, *remove_meta(source, removed)}
    changed |= {*store_images(source, images), *store_options(source, places, options)}
    changed |= _switch_variants(source, located)
    changed.difference_update(new.products)
    wake_pushes(mark_new(source, new.products))
    mark_products(sorted({*changed, *rivals(sorted(changed))}) if gone else sorted(changed), how.action)
    if gone:
        # A person did this on purpose: it is no reason to hold back what the source takes away next.
        Source.objects.filter(pk=source.pk).update(deactivations_confirmed_at=timezone.now())


def _switch_variants(source: Source, located: Located) -> set[int]:
    """Single variants that go, or come back; the ids of their products."""
    wanted = [(place.row.variant_code, False) for place in located.gone_variants]
    wanted += [(place.row.variant_code, True) for place in located.places if place.off and place.row.active]
    if not wanted:
        return set()
    codes, actives = zip(*wanted, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(SWITCH, [list(codes), list(actives), source.pk])
        return {row[0] for row in cursor.fetchall()}


def _result(place: Place, changes: Changes) -> RowResult:
    row = place.row
    if place.new == "product":
        return RowResult(row.number, row.code, "add", images=len(row.images))
    outcome = "update" if changes or place.new else "nothing"
    message = f"New variant of {row.product_code}." if place.new else ""
    images = sum(name.startswith("image") and old is None for name, (old, _) in changes.items())
    return RowResult(row.number, row.code, outcome, changes, message, images=images)


def _gone_results(gone: Sequence[Place]) -> Iterator[RowResult]:
    for place in gone:
        yield RowResult(place.row.number, place.row.code, "delete", {"active": ("true", "false")})


def _audit_rows(places: Sequence[Place], results: Sequence[RowResult], how: How) -> Iterator[AuditRow]:
    """One per product that was there: what of it was before and is now; of a variant with its code first."""
    if not any(result.changes for result in results):
        return
    of_row = {place.row.number: place.row for place in places}
    products: dict[str, dict[str, tuple[str | None, str | None]]] = {}
    for result in results:
        noted = result.changes if how.by_hand else without_quantities(dict(result.changes))
        if not noted:
            continue
        row = of_row.get(result.number)
        code = row.product_code if row else result.code
        of_product = products.setdefault(code, {})
        for name, change in noted.items():
            shared = row is None or row.variant_code == code or _is_of_product(name)
            of_product[name if shared else f"{result.code}: {name}"] = change
    for code, changes in products.items():
        before = {name: old for name, (old, _) in changes.items() if old is not None}
        yield AuditRow(code, before or None, {name: new for name, (_, new) in changes.items()})


def _is_of_product(name: str) -> bool:
    return (
        name in PRODUCT_TEXTS
        or name == "active"
        or name.startswith(("meta_", "image"))
        or name in OPTION_NAMES
    )


TURN = """
    select from agents where source_id = %(source)s order by id for update;
    select from sources where id = %(source)s for no key update
"""
LEAVE_OUT = "delete from incoming where variant_code <> all(%s::text[])"
META_OF = """
    select c.code, m.key, m.value from unnest(%(codes)s::text[]) as c(code)
    cross join lateral (select p.id from products p
        where p.source_id = %(source)s and p.source_product_code = c.code offset 0) p
    join product_meta m on m.product_id = p.id
"""
SWITCH = """
    update variants v set active = wanted.active
    from unnest(%s::text[], %s::boolean[]) as wanted(code, active)
    where v.source_id = %s and v.source_variant_code = wanted.code and v.active <> wanted.active
    returning v.product_id
"""
