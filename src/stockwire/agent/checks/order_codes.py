"""The codes an order is raised with: do the customer, warehouse, tax and delivery codes exist in Omni.

The settings are the hub's; Omni has no public list of customers or tax codes, so much stays unknown, and
says why.
"""

from __future__ import annotations

from collections.abc import Iterator

from stockwire.agent.checks.check import Check, failed, passed, unknown, warning
from stockwire.agent.checks.omni_service import StockExport
from stockwire.agent.checks.product_facts import ProductFacts
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.ports import Finding

CUSTOMER = Check(
    "default_customer",
    "the default customer",
    {
        "not_seen": unknown(
            "Orders without an account go to {code}. Omni gives out no list of customers, so whether it "
            "exists cannot be seen.",
            "Open the account {code} in Omni once: it must exist, be active and not be on hold.",
        ),
        "none": warning(
            "The source has no default customer: orders that bring no account are refused.",
            "Set param_default_customer_code of the source in the hub.",
        ),
    },
)
WAREHOUSE = Check(
    "order_warehouse",
    "the warehouse of orders",
    {
        "omni": passed("No warehouse is set: Omni uses its default warehouse."),
        "found": passed("The product query shows the warehouse {code}."),
        "missing": failed(
            "Orders go to the warehouse {code}, but the product query shows only: {warehouses}.",
            "Correct param_warehouse_code of the source in the hub, or let the product query yield this "
            "warehouse.",
        ),
        "not_seen": unknown(
            "Orders go to the warehouse {code}. The product query has no WAREHOUSECODE, so whether it exists "
            "cannot be seen.",
            "Compare with the list of warehouses in Omni.",
        ),
    },
)
TAX = Check(
    "tax_codes",
    "the VAT codes",
    {
        "customers": passed("No VAT code is set: Omni uses the codes of the customer."),
        "used": passed("Stock items in Omni use the VAT codes {codes}."),
        "not_seen": unknown(
            "No stock item uses the VAT code {codes}, so whether Omni has it cannot be seen. Stock items "
            "use: {used}.",
            "Compare the param_default_tax_code settings of the source with the VAT codes in Omni.",
        ),
        "no_report": unknown(
            "Orders use the VAT codes {codes}; without the report Stock Export it cannot be seen whether "
            "they exist.",
            "Compare the param_default_tax_code settings of the source with the VAT codes in Omni.",
        ),
    },
)
SHIPPING = Check(
    "shipping_code",
    "the stock code for delivery",
    {
        "found": passed("Omni has the stock code {code} for delivery."),
        "none": warning(
            "The source has no stock code for delivery: orders with paid delivery are refused.",
            "Make a service item in Omni and set param_shipping_code of the source in the hub to its code.",
        ),
        "spelt": failed(
            "Delivery is to use the stock code {code}, but Omni spells it {near}.",
            "Set param_shipping_code of the source in the hub to {near}.",
        ),
        "missing": failed(
            "Delivery is to use the stock code {code}, which the report Stock Export does not show.",
            "Make a service item with this code in Omni, or correct param_shipping_code of the source.",
        ),
        "not_seen": unknown(
            "Delivery is to use the stock code {code}. It is not among the products and the report Stock "
            "Export could not be had, so whether it exists cannot be seen.",
            "Open the stock item {code} in Omni once.",
        ),
    },
)
CHECKS = (CUSTOMER, WAREHOUSE, TAX, SHIPPING)


def look(source: OmniSettings, facts: ProductFacts | None, export: StockExport | None) -> Iterator[Finding]:
    code = source.param_default_customer_code
    yield CUSTOMER.says("not_seen", code=code) if code else CUSTOMER.says("none")
    yield _warehouse(source.param_warehouse_code, facts)
    yield _tax_codes(source, export)
    yield _shipping(source.param_shipping_code, facts, export)


def _warehouse(code: str, facts: ProductFacts | None) -> Finding:
    if not code:
        return WAREHOUSE.says("omni")
    if facts is None or not facts.warehouses:
        return WAREHOUSE.says("not_seen", code=code)
    if code in facts.warehouses:
        return WAREHOUSE.says("found", code=code)
    return WAREHOUSE.says("missing", code=code, warehouses=", ".join(sorted(filter(None, facts.warehouses))))


def _tax_codes(source: OmniSettings, export: StockExport | None) -> Finding:
    wanted = {
        code
        for code in (
            source.param_default_tax_code,
            source.param_default_tax_code_exempt,
            source.param_default_tax_code_shipping,
        )
        if code
    }
    if not wanted:
        return TAX.says("customers")
    if export is None:
        return TAX.says("no_report", codes=", ".join(sorted(wanted)))
    if missing := sorted(wanted - export.vat_codes.keys()):
        used = ", ".join(sorted(filter(None, export.vat_codes))) or "none"
        return TAX.says("not_seen", codes=", ".join(missing), used=used)
    return TAX.says("used", codes=", ".join(sorted(wanted)))


def _shipping(code: str, facts: ProductFacts | None, export: StockExport | None) -> Finding:
    if not code:
        return SHIPPING.says("none")
    known = (facts.codes if facts else set()) | (export.codes if export else set())
    if code in known:
        return SHIPPING.says("found", code=code)
    near = sorted(other for other in known if other.strip().casefold() == code.casefold())
    if near:
        return SHIPPING.says("spelt", code=code, near=near[0])
    return SHIPPING.says("missing" if export else "not_seen", code=code)
