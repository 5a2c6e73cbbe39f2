"""Wanted state against known state: the changes one product needs on one channel, each with its reason.

Preview shows what this says and push sends it. It knows nothing of how a channel is talked to, and it
never sends what the channel has already confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from stockwire.domain.offer import CONTENT, FROM_SOURCE, IMAGES, PRICE, STOCK, Offer, Problem, Value, Wanted
from stockwire.domain.records import Product, Variant
from stockwire.domain.rules import Rules
from stockwire.domain.templates import TemplateError
from stockwire.domain.terms import Terms
from stockwire.domain.variants import unsound

__all__ = ["CONTENT", "IMAGES", "PRICE", "STOCK", "Problem", "Value"]

Fields = Mapping[str, Value]
Groups = Mapping[str, Fields]
NOTHING: Groups = MappingProxyType({})
# Kept as text in the known state; everything else is kept as it is.
DECIMAL_FIELDS = frozenset({"price", "compare_at"})


class Place(NamedTuple):
    """Where a variant is on the channel: their ids, and whether it is below a product with variants there."""

    product_code: str
    variant_code: str = ""
    below: bool = False


class KnownVariant(NamedTuple):
    """What the channel confirmed of one variant, by field group."""

    place: Place
    fields: Groups = NOTHING


class Known(NamedTuple):
    """What the channel confirmed of a product: `code` and `fields` of a product with variants ("" and nothing
    for a simple one), and every variant that has a link, by variant code."""

    code: str = ""
    fields: Groups = NOTHING
    variants: Mapping[str, KnownVariant] = MappingProxyType({})


UNKNOWN = Known()


def why_off(product: Product) -> str:
    """Why a product that is not active is not. What a source sent has a price or a quantity."""
    if any(variant.price_tiers or variant.quantities for variant in product.variants):
        return "set to DELETE in the source, or gone from it"
    return "known from an order only: its source has never sent it"


class Difference(NamedTuple):
    """A field to send: its group, both values and why the new one is wanted."""

    group: str
    name: str
    before: Value
    after: Value
    reason: str


class VariantPlan(NamedTuple):
    """What one variant of a product with variants needs; `place` is where it is now, None for a new one."""

    variant: Variant
    action: str
    differences: tuple[Difference, ...] = ()
    place: Place | None = None
    reason: str = ""


class Plan(NamedTuple):
    """`action` is "add", "update", "remove", "move" or "" when there is nothing to send. `problem` may come
    with an action: then the rest is sent and the problem is shown.

    `differences` are the product's own (for a simple product all there are), `variants` those of a product
    with variants. "move" takes variants away from where they are in another shape (`variants` says which);
    what they become is planned once that is confirmed.
    """

    action: str = ""
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    problem: Problem | None = None
    variants: tuple[VariantPlan, ...] = ()


class Planner:
    """The terms of one channel, made ready to plan many products. Raises TemplateError for a broken map.

    `lacks(product)` may name what must be filled in before the product goes out (attribute templates).
    """

    def __init__(self, terms: Terms, lacks: Callable[[Product], Problem | None] | None = None) -> None:
        self.terms = terms
        self.offer = Offer(terms)
        self.rules = Rules(terms.rules)
        self._lacks = lacks
        self.looks_at_meta = lacks is not None

    def plan(self, product: Product, known: Known | None) -> Plan:
        """What to do for this product. `known` is None when the channel has no link to any of it."""
        known = known or UNKNOWN
        leaves = self.leaves(product)
        if leaves:
            return self._remove(product, known, leaves)
        problem = self._unfit(product)
        if problem is not None:
            return Plan(problem=problem, reason="refused as a whole")
        return self.plan_wanted(product, known)

    def plan_wanted(self, product: Product, known: Known | None) -> Plan:
        """The same for a product of which nobody asks whether it belongs."""
        known = known or UNKNOWN
        try:
            if product.option_names:
                return self._with_variants(product, known)
            return self._simple(product, known)
        except TemplateError as error:
            return Plan(problem=Problem(str(error), error.hint), reason="its field map cannot be made")

    def leaves(self, product: Product) -> str:
        """Why the product does not belong on the channel, or ""."""
        if not product.active:
            return why_off(product)
        verdict = self.rules.verdict(product)
        return "" if verdict.belongs else verdict.reason

    def _remove(self, product: Product, known: Known, why: str) -> Plan:
        if not known.variants and not known.code:
            return Plan(reason=f"not on the channel: {why}")
        if not self.terms.settings.delete_enabled:
            return Plan(reason=f"stays on the channel, because its delete setting is off: {why}")
        # What is there in another shape than it is said to be in goes piece by piece, and then the rest.
        moves = self._misplaced(product, known, bool(known.code))
        return Plan("move", reason=why, variants=moves) if moves else Plan("remove", reason=why)

    def _unfit(self, product: Product) -> Problem | None:
        wrong = unsound(product)
        if wrong is not None:
            return Problem(*wrong)
        if product.option_names and not self.terms.takes.variants:
            return Problem(
                f"{product.code} has variants, and this channel takes simple products only.",
                "Keep it off this channel by a rule, for instance on its collection.",
            )
        return self._lacks(product) if self._lacks is not None else None

    def _simple(self, product: Product, known: Known) -> Plan:
        variant = next((one for one in product.variants if one.active), None)
        if variant is None:
            return self._remove(product, known, "it has no variant that is active")
        before = known.variants.get(variant.code)
        if known.code or (before is not None and before.place.below):
            return self._move(product, known, below=False)
        wanted = _together(self.offer.product(product), self.offer.variant(product, variant))
        if before is None:
            if wanted.problem is not None:
                return Plan(problem=wanted.problem, reason="cannot be offered")
            return Plan("add", _differences(wanted, NOTHING), "active and not yet on the channel")
        differences = _differences(self.offer.clear(product, wanted, before.fields), before.fields)
        if not differences:
            return Plan(problem=wanted.problem, reason=_nothing_else(wanted.problem))
        return Plan("update", differences, "differs from what the channel confirmed", wanted.problem)

    def _with_variants(self, product: Product, known: Known) -> Plan:
        if self._misplaced(product, known, below=True):
            return self._move(product, known, below=True)
        problem: Problem | None = None
        planned = []
        for variant in product.variants:
            found, wrong = self._variant(product, variant, known.variants.get(variant.code))
            problem = problem or wrong
            if found is not None:
                planned.append(found)
        if not known.code:
            added = tuple(one for one in planned if one.action == "add")
            if not added:
                return Plan(problem=problem, reason="none of its variants can be offered")
            own = _differences(self.offer.product(product), NOTHING)
            return Plan("add", own, "active and not yet on the channel", problem, added)
        if not any(one.active for one in product.variants):
            return self._remove(product, known, "it has no variant that is active")
        whole = self.offer.clear(product, self.offer.product(product), known.fields)
        own = _differences(whole, known.fields)
        if not own and not planned:
            return Plan(problem=problem, reason=_nothing_else(problem))
        return Plan("update", own, "differs from what the channel confirmed", problem, tuple(planned))

    def _variant(
        self, product: Product, variant: Variant, known: KnownVariant | None
    ) -> tuple[VariantPlan | None, Problem | None]:
        if not variant.active:
            if known is None or not self.terms.settings.delete_enabled:
                return None, None
            gone = VariantPlan(variant, "remove", (), known.place, "this variant is not active any more")
            return gone, None
        wanted = self.offer.variant(product, variant)
        if known is None:
            if wanted.problem is not None:
                return None, wanted.problem
            return VariantPlan(variant, "add", _differences(wanted, NOTHING), None, "a new variant"), None
        differences = _differences(self.offer.clear(product, wanted, known.fields), known.fields)
        if not differences:
            return None, wanted.problem
        return VariantPlan(variant, "update", differences, known.place, "differs"), wanted.problem

    def _misplaced(self, product: Product, known: Known, below: bool) -> tuple[VariantPlan, ...]:
        """Variants that are on the channel, and not as variants of this product there (`below`), or not as a
        simple product."""
        found = []
        for variant in product.variants:
            at = known.variants.get(variant.code)
            if at is None:
                continue
            right = at.place.below and at.place.product_code == known.code if below else not at.place.below
            if not right:
                found.append(VariantPlan(variant, "remove", (), at.place, "is there in another shape"))
        return tuple(found)

    def _move(self, product: Product, known: Known, below: bool) -> Plan:
        """Take what is there in the wrong shape away first; it is made anew, rightly, when that is done."""
        shape = "a product with variants" if below else "a simple product"
        if not self.terms.settings.delete_enabled:
            return Plan(
                problem=Problem(
                    f"{product.code} is {shape} now and is in another shape on the channel, where nothing may"
                    " be deleted.",
                    "Delete it on the channel yourself and unlink it here, or switch the delete setting on.",
                ),
                reason="cannot change its shape",
            )
        why = f"it is {shape} now: taken away first, then made anew"
        moves = self._misplaced(product, known, below)
        inside = [one for one in moves if one.place and one.place.product_code == known.code]
        if known.code and len(inside) == len(moves):
            # All that is to go stands below this very product, or nothing is left there: it goes whole.
            return Plan("remove", reason=why)
        return Plan("move", reason=why, variants=moves)


def _nothing_else(problem: Problem | None) -> str:
    return "the channel already shows all " + ("of the rest" if problem else "of it")


def confirmed(differences: tuple[Difference, ...], known: Groups) -> dict[str, dict[str, Value]]:
    """The known state after the channel confirmed these differences, by group; only groups they touch."""
    after: dict[str, dict[str, Value]] = {}
    for difference in differences:
        group = after.setdefault(difference.group, dict(known.get(difference.group, {})))
        group[difference.name] = difference.after
    if after.get(STOCK, {}).get("inventory_management") is False:
        # A channel that no longer manages the stock forgets the figure, so it is sent again later.
        for name in [name for name in after[STOCK] if name.startswith("quantity")]:
            del after[STOCK][name]
    return after


def _together(first: Wanted, second: Wanted) -> Wanted:
    """Both halves of a simple product as one."""
    fields = first.fields
    for group, values in second.fields.items():
        if group in fields:
            fields[group].update(values)
        else:
            fields[group] = values
    first.reasons.update(second.reasons)
    return Wanted(fields, first.reasons, second.problem)


def _differences(wanted: Wanted, known: Groups) -> tuple[Difference, ...]:
    """What is wanted and not known. To clear what the channel never had is no difference."""
    found = []
    for group, fields in wanted.fields.items():
        before = known.get(group)
        if before is None:
            found += [
                Difference(group, name, None, value, wanted.reasons.get(name, FROM_SOURCE))
                for name, value in fields.items()
                if value is not None
            ]
        elif before != fields:
            for name, value in fields.items():
                old = before.get(name)
                if old != value or (name not in before and value is not None):
                    found.append(Difference(group, name, old, value, wanted.reasons.get(name, FROM_SOURCE)))
    return tuple(found)
