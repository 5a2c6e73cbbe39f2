"""Categories, tags, brands, global attributes and their values.

A name is unique within its family (categories and brands: below one parent), compared without case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import batches, text
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, check_paging, links, page_of

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

NESTED = ("categories", "brands")
# The recorded answers of a batch of attribute values really carry this unfilled pattern.
UNFILLED = r"products/attributes/(?P<attribute_id>[\d]+)/terms"


def home(family: str | int) -> str:
    """The path of a family: categories, tags, brands, or the values of an attribute by its id."""
    return f"products/attributes/{family}/terms" if isinstance(family, int) else f"products/{family}"


def listing(shop: Shop, call: Call, family: str | int) -> Answer:
    """GET the terms of a family, by name. `search` looks into names and slugs."""
    check_paging(call)
    found = [term for term in shop.terms.values() if term["taxonomy"] == family]
    if "slug" in call.query:
        found = [term for term in found if term["slug"] in call.values("slug")]
    if "search" in call.query:
        part = call.query["search"].casefold()
        found = [term for term in found if part in term["name"].casefold() or part in term["slug"]]
    if "parent" in call.query:
        found = [term for term in found if str(term["parent"]) == call.query["parent"]]
    if "include" in call.query:
        found = [term for term in found if str(term["id"]) in call.values("include")]
    found.sort(key=lambda term: (term["name"].casefold(), term["id"]))
    return page_of(call, found, lambda term: view(shop, call, term))


def read(shop: Shop, call: Call, family: str | int, number: int) -> Answer:
    """GET one term."""
    return Answer(view(shop, call, held(shop, family, number)))


def create(shop: Shop, call: Call, family: str | int) -> Answer:
    """POST a term. Raises term_exists naming the one that has the name."""
    term = added(shop, family, call.document())
    where = {"Location": call.link(f"{home(family)}/{term['id']}")}
    return Answer(view(shop, call, term), 201, where)


def update(shop: Shop, call: Call, family: str | int, number: int) -> Answer:
    """PUT a term."""
    term = held(shop, family, number)
    changed(term, call.document())
    return Answer(view(shop, call, term))


def delete(shop: Shop, call: Call, family: str | int, number: int) -> Answer:
    """DELETE a term; only with force=true, there is no bin for terms."""
    term = held(shop, family, number)
    return Answer(deleted(shop, call, term, force=call.flag("force")))


def batch(shop: Shop, call: Call, family: str | int) -> Answer:
    """POST rows of terms."""
    pattern = UNFILLED if isinstance(family, int) else ""

    def made(row: Any) -> Json:
        return view(shop, call, added(shop, family, row), pattern=pattern)

    def altered(row: Any) -> Json:
        term = held(shop, family, batches.number_of(row))
        changed(term, row)
        return view(shop, call, term, pattern=pattern)

    return batches.run(
        shop,
        call,
        create=made,
        update=altered,
        delete=lambda number: deleted(shop, call, held(shop, family, number), force=True),
    )


def held(shop: Shop, family: str | int, number: Any) -> Record:
    """The term of an id in its family."""
    term = shop.terms.get(number)
    if term is None or term["taxonomy"] != family:
        raise ApiError(404, "woocommerce_rest_term_invalid", "Resource does not exist.")
    return term


def added(shop: Shop, family: str | int, sent: Json) -> Record:
    """A new term of a family."""
    name = text.escaped(text.cleaned(sent.get("name", "")))
    parent = sent.get("parent", 0) if family in NESTED else 0
    if parent and shop.terms.get(parent, {}).get("taxonomy") != family:
        raise ApiError(400, "missing_parent", "Parent term does not exist.")
    for term in shop.terms.values():
        same = term["name"].casefold() == name.casefold() and term["parent"] == parent
        if term["taxonomy"] == family and same:
            where = "with this parent" if family in NESTED else "in this taxonomy"
            message = f"A term with the name provided already exists {where}."
            raise ApiError(400, "term_exists", message, {"resource_id": term["id"]})
    number = shop.next_id("term")
    shop.terms[number] = {
        "id": number,
        "taxonomy": family,
        "name": name,
        "slug": _free_slug(shop, family, sent.get("slug") or name, parent),
        "parent": parent,
        "description": str(sent.get("description", "")),
        "display": sent.get("display", "default"),
        "menu_order": sent.get("menu_order", 0),
    }
    return shop.terms[number]


def changed(term: Record, sent: Json) -> None:
    """Write to a term."""
    for name in ("description", "display", "menu_order", "parent", "slug"):
        if sent.get(name) is not None and name in term:
            term[name] = sent[name]
    if sent.get("name"):
        term["name"] = text.escaped(text.cleaned(sent["name"]))


def deleted(shop: Shop, call: Call, term: Record, *, force: bool) -> Json:
    """Delete a term. Products keep going without it; nothing falls back to the default category."""
    if not force:
        raise ApiError(501, "woocommerce_rest_trash_not_supported", "Resource does not support trashing.")
    before = view(shop, call, term, exists=False)
    del shop.terms[term["id"]]
    if isinstance(term["taxonomy"], str):
        for product in shop.products.values():
            if term["id"] in product[term["taxonomy"]]:
                product[term["taxonomy"]].remove(term["id"])
    return before


def view(shop: Shop, call: Call, term: Record, *, exists: bool = True, pattern: str = "") -> Json:
    """A term as the API shows it."""
    family = term["taxonomy"]
    body: Json = {"id": term["id"], "name": term["name"], "slug": term["slug"]}
    if family in NESTED:
        body["parent"] = term["parent"]
    body["description"] = term["description"]
    if family in NESTED:
        body |= {"display": term["display"], "image": None}
    if family != "tags":
        body["menu_order"] = term["menu_order"]
    body["count"] = _count(shop, term)
    at = pattern or home(family)
    up = f"{home(family)}/{term['parent']}" if term["parent"] else ""
    body["_links"] = links(call, f"{at}/{term['id']}", at, exists=exists and not pattern, up=up)
    return body


def _count(shop: Shop, term: Record) -> int:
    family = term["taxonomy"]
    if isinstance(family, int):
        return 0
    return sum(1 for p in shop.products.values() if p["status"] == "publish" and term["id"] in p[family])


def _free_slug(shop: Shop, family: str | int, name: str, parent: int) -> str:
    taken = {term["slug"] for term in shop.terms.values() if term["taxonomy"] == family}
    wanted = text.slug(name)
    if wanted in taken and parent:
        wanted = f"{wanted}-{shop.terms[parent]['slug']}"
    found, at = wanted, 2
    while found in taken:
        found, at = f"{wanted}-{at}", at + 1
    return found


def attributes(shop: Shop, call: Call) -> Answer:
    """GET the global attributes."""
    return Answer([attribute_view(call, row) for row in shop.attributes.values()], listing=True)


def attribute(shop: Shop, call: Call, number: int) -> Answer:
    """GET one global attribute."""
    if number not in shop.attributes:
        raise ApiError(404, "woocommerce_rest_taxonomy_invalid", "Resource does not exist.")
    return Answer(attribute_view(call, shop.attributes[number]))


def create_attribute(shop: Shop, call: Call) -> Answer:
    """POST a global attribute. The slug is unique."""
    sent = call.document()
    slug = "pa_" + text.slug(str(sent.get("slug") or sent.get("name", ""))).removeprefix("pa_")
    if any(row["slug"] == slug for row in shop.attributes.values()):
        message = f'Slug "{slug.removeprefix("pa_")}" is already in use. Change it, please.'
        raise ApiError(400, "woocommerce_rest_cannot_create", message)
    number = shop.next_id("attribute")
    shop.attributes[number] = {
        "id": number,
        "name": text.cleaned(sent.get("name", "")),
        "slug": slug,
        "type": sent.get("type", "select"),
        "order_by": sent.get("order_by", "menu_order"),
        "has_archives": bool(sent.get("has_archives", False)),
    }
    where = {"Location": call.link(f"products/attributes/{number}")}
    return Answer(attribute_view(call, shop.attributes[number]), 201, where)


def attribute_view(call: Call, row: Record) -> Json:
    """A global attribute as the API shows it."""
    return {**row, "_links": links(call, f"products/attributes/{row['id']}", "products/attributes")}
