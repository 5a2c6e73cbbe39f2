"""/api/v1/templates: which attributes a kind of product has, and which of them may not be blank."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from stockwire.domain.attributes import Template
from stockwire.domain.segments import Kind
from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.api.public.seeing import sees_all
from stockwire.hub.sync import templates as kept

router = Router(tags=["templates"])


class AttributeGiven(Schema):
    """`type` is string, number, true/false or dropdown; a dropdown has choices."""

    name: str
    type: str = "string"
    default: str = ""
    description: str = ""
    required: bool = False
    choices: list[str] = []


class Applied(Schema):
    """The products of a source that get the template: these codes, or all of them."""

    source: int
    codes: list[str] = []
    all: bool = False


@router.get("", summary="Every template with its attributes")
def templates(request: Request) -> list[dict[str, Any]]:
    with tenancy.scope(request.auth.client_id):
        return [_shown(one) for one in kept.templates().values()]


@router.put("/{name}", summary="Keep a template, in place of one of the same name")
def set_template(request: Request, name: str, attributes: list[AttributeGiven]) -> dict[str, Any]:
    may_change(request)
    client_id = request.auth.client_id
    with tenancy.scope(client_id):
        given = [one.dict() for one in attributes]
        return _shown(kept.set_template(client_id, name, given, request.auth.who))


@router.delete("/{name}", summary="Forget a template; its attributes stay on their products")
def remove_template(request: Request, name: str) -> dict[str, str]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        kept.remove_template(request.auth.client_id, name, request.auth.who)
    return {"removed": name}


@router.post("/{name}/apply", summary="Give products the attributes of a template")
def apply_template(request: Request, name: str, wanted: Applied) -> dict[str, int]:
    may_change(request)
    if wanted.all == bool(wanted.codes):
        raise Refused("Name the products in codes, or say all: true.", hint="One of the two.")
    client_id = request.auth.client_id
    with tenancy.scope(client_id):
        count = kept.apply_template(client_id, wanted.source, name, wanted.codes, request.auth.who)
    return {"changed": count}


@router.get("/lacking/{source_id}", summary="Products of a source that lack what their templates require")
def lacking(request: Request, source_id: int) -> list[dict[str, str]]:
    sees_all(request, Kind.PRODUCTS)
    with tenancy.scope(request.auth.client_id):
        found = kept.lacking(source_id)
    return [
        {"code": code, "attribute": one.attribute, "reason": one.reason, "fix": one.fix}
        for code, one in found
    ]


def _shown(made: Template) -> dict[str, Any]:
    return {
        "name": made.name,
        "attributes": [
            {
                "name": one.name,
                "type": one.type.value,
                "default": one.default,
                "description": one.description,
                "required": one.required,
                "choices": list(one.choices),
            }
            for one in made.attributes
        ],
    }
