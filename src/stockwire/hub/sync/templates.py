"""Attribute templates: kept, applied to products, and asked which products lack what they require."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection

from stockwire.domain.attributes import (
    Attribute,
    AttributeType,
    Missing,
    Template,
    missing_required,
    template,
)
from stockwire.errors import Refused
from stockwire.hub.models import AttributeTemplate, Audit, TemplateAttribute
from stockwire.hub.sync.audit_rows import AuditRow, note_all
from stockwire.hub.sync.stale import mark_products


def set_template(client_id: int, name: str, attributes: Sequence[Mapping[str, object]], who: str) -> Template:
    """Keep a template, in place of one of the same name, inside an open scope. Products that have it already
    keep their attributes and are looked at anew: what is required may be another. Raises Refused."""
    try:
        made = template(name, attributes)
    except ValueError as error:
        raise Refused(str(error), hint="docs/attributes.md shows how a template is written.") from None
    before = templates([made.name]).get(made.name)
    row, _ = AttributeTemplate.objects.get_or_create(client_id=client_id, name=made.name)
    row.attributes.all().delete()
    TemplateAttribute.objects.bulk_create(
        TemplateAttribute(
            client_id=client_id,
            template=row,
            position=position,
            name=one.name,
            type=one.type.value,
            default=one.default,
            description=one.description,
            required=one.required,
            choices=list(one.choices),
        )
        for position, one in enumerate(made.attributes, 1)
    )
    mark_products(_with_template(made.name), "an attribute template changed")
    _note(client_id, who, "template set", made.name, before=_shown(before), after=_shown(made))
    return made


def remove_template(client_id: int, name: str, who: str) -> None:
    """Forget a template, inside an open scope. Its attributes stay on their products; nothing requires them
    any more. Raises Refused."""
    before = _template(name)
    stamped = _with_template(name)
    AttributeTemplate.objects.filter(name=name).delete()
    mark_products(stamped, "an attribute template was removed")
    _note(client_id, who, "template removed", name, before=_shown(before), after=None)


def apply_template(client_id: int, source_id: int, name: str, codes: Sequence[str], who: str) -> int:
    """Give products of a source the template's attributes, inside an open scope: those they lack with their
    defaults, and all of them marked as the template's. How many products changed; each has its entry in the
    audit. Raises Refused."""
    chosen = _template(name)
    with connection.cursor() as cursor:
        cursor.execute("select source_product_code from products where source_id = %s", [source_id])
        unknown = sorted(set(codes) - {row[0] for row in cursor.fetchall()}) if codes else []
        if unknown:
            raise Refused(
                f"Source {source_id} has no product {', '.join(unknown[:10])}.", hint="Check the codes."
            )
        cursor.execute(
            APPLY,
            {
                "client": client_id,
                "source": source_id,
                "codes": list(codes),
                "keys": [one.name for one in chosen.attributes],
                "defaults": [one.default for one in chosen.attributes],
                "template": chosen.name,
            },
        )
        rows = cursor.fetchall()
    changed = sorted({row[0] for row in rows})
    mark_products(changed, "an attribute template was applied")
    after = {"source": source_id, "products": len(changed), "codes": list(codes)[:1_000]}
    _note(client_id, who, "template applied", name, before=None, after=after)
    given: dict[str, dict[str, str | None]] = {}
    for _, code, key, value, is_new in rows:
        of_product = given.setdefault(code, {"template": chosen.name})
        if is_new:
            of_product[f"meta_{key}"] = value
    note_all(
        client_id, who, "product changed", (AuditRow(code, None, added) for code, added in given.items())
    )
    return len(changed)


def templates(names: Sequence[str] | None = None) -> dict[str, Template]:
    """Templates by name, all or these, inside an open scope."""
    rows = AttributeTemplate.objects.prefetch_related("attributes").order_by("name")
    if names is not None:
        rows = rows.filter(name__in=names)
    return {row.name: Template(row.name, tuple(_attributes(row))) for row in rows}


def templates_of(product_ids: Sequence[int]) -> dict[int, list[Template]]:
    """The templates that were applied to each of these products, inside an open scope; products without one
    are left out. For the planner, which asks `missing_required` with the product's attributes."""
    with connection.cursor() as cursor:
        cursor.execute(STAMPS, [list(product_ids)])
        stamps = cursor.fetchall()
    known = templates(sorted({name for _, name in stamps})) if stamps else {}
    found: dict[int, list[Template]] = {}
    for product_id, name in stamps:
        if name in known:
            found.setdefault(product_id, []).append(known[name])
    return found


def lacking(source_id: int) -> list[tuple[str, Missing]]:
    """(product code, what it lacks) for every active product of a source with a template, in a scope."""
    with connection.cursor() as cursor:
        cursor.execute(WITH_META, [source_id])
        rows = cursor.fetchall()
    found = templates_of([row[0] for row in rows])
    meta: dict[tuple[int, str], dict[str, str]] = {}
    for product_id, code, key, value in rows:
        meta.setdefault((product_id, code), {})[key] = value
    return [
        (code, one)
        for (product_id, code), values in meta.items()
        for one in missing_required(values, found.get(product_id, []))
    ]


def _template(name: str) -> Template:
    found = templates([name]).get(name)
    if found is None:
        known = ", ".join(templates()) or "there are none"
        raise Refused(f"There is no template {name!r}.", hint=f"Templates: {known}.")
    return found


def _attributes(row: AttributeTemplate) -> list[Attribute]:
    return [
        Attribute(
            one.name, AttributeType(one.type), one.default, one.description, one.required, tuple(one.choices)
        )
        for one in sorted(row.attributes.all(), key=lambda one: one.position)
    ]


def _with_template(name: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select distinct product_id from product_meta where template_name = %s", [name])
        return [row[0] for row in cursor.fetchall()]


def _shown(made: Template | None) -> dict[str, object] | None:
    if made is None:
        return None
    return {one.name: "; ".join(filter(None, _said(one))) for one in made.attributes}


def _said(one: Attribute) -> tuple[str, ...]:
    return (
        one.type.value,
        "required" if one.required else "",
        f"one of {', '.join(one.choices)}" if one.choices else "",
        f"default {one.default}" if one.default else "",
        one.description,
    )


def _note(
    client_id: int,
    who: str,
    action: str,
    subject: str,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
) -> None:
    Audit.objects.create(
        client_id=client_id, who=who, action=action, subject=subject, before=before, after=after
    )


APPLY = """
    with given as (
    insert into product_meta as m (client_id, product_id, key, value, template_name)
    select %(client)s, p.id, coalesce(there.key, a.key), a.value, %(template)s
    from products p
    cross join unnest(%(keys)s::text[], %(defaults)s::text[]) as a(key, value)
    left join lateral (select m.key from product_meta m
        where m.product_id = p.id and lower(m.key) = lower(a.key) order by m.key limit 1) there on true
    where p.source_id = %(source)s
        and (%(codes)s::text[] = '{}' or p.source_product_code = any(%(codes)s::text[]))
    on conflict (product_id, key) do update set template_name = excluded.template_name
        where m.template_name <> excluded.template_name
    returning m.product_id, m.key, m.value, m.xmax = 0 as is_new
    ) select g.product_id, p.source_product_code, g.key, g.value, g.is_new
    from given g join products p on p.id = g.product_id order by p.source_product_code, g.key
"""
STAMPS = """
    select distinct product_id, template_name from product_meta
    where product_id = any(%s) and template_name <> '' order by product_id, template_name
"""
WITH_META = """
    select p.id, p.source_product_code, m.key, m.value from products p
    join product_meta m on m.product_id = p.id
    where p.source_id = %s and p.active and exists (
        select 1 from product_meta t where t.product_id = p.id and t.template_name <> '')
    order by p.source_product_code, m.key
"""
