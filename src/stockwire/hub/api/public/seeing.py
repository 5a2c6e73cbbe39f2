"""What the caller of the JSON API may see: by his own segments, and by those of a customer he asks for."""

from __future__ import annotations

from ninja.errors import HttpError

from stockwire.domain.segments import Kind, Segment, admits
from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request
from stockwire.hub.models import Customer, User
from stockwire.hub.sync import visible
from stockwire.hub.sync.segments import Person, segments_of


def of_caller(request: Request) -> list[Segment]:
    """The caller's own segments, inside an open scope."""
    return segments_of(Person(user=User.objects.get(pk=request.auth.user_id)))


def with_customer(request: Request, customer_id: int | None) -> list[list[Segment]]:
    """The caller's segments, and those of a customer. A customer he may not see is not there for him."""
    own = of_caller(request)
    if customer_id is None:
        return [own]
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None or not any(
        admits(own, Kind.CUSTOMERS, seen) for seen in visible.seen_of(Kind.CUSTOMERS, [customer])
    ):
        raise Refused(f"There is no customer {customer_id}.", hint="`/customers` lists those you may see.")
    return [own, segments_of(Person(customer=customer))]


def is_limited(request: Request, kind: Kind) -> bool:
    """Whether the caller's segments leave some of these out; inside an open scope."""
    return visible.limits(of_caller(request), kind)


def sees_all(request: Request, kind: Kind) -> None:
    """Raises a 403 for somebody whose segments leave some of these out: what cannot be held to them."""
    with tenancy.scope(request.auth.client_id):
        limited = is_limited(request, kind)
    if limited:
        raise HttpError(403, f"Your segments limit which {kind.value} you see, and this shows all of them.")
