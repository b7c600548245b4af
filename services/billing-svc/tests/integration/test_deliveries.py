"""Deliveries on the books: billed by what names them, given back by a void, cancelled once, and raced for."""

import asyncio
from typing import Any
from uuid import UUID

from billing_svc.api.invoice_shapes import InvoiceCreate
from billing_svc.consumers.customer import customer
from billing_svc.domain.delivery import DeliveryCancelReason
from billing_svc.store import customers
from billing_svc.store.document_tables import CustomerRow
from billing_svc.usecases.cancel_delivery_note import cancel_delivery_note
from billing_svc.usecases.create_invoice import create_invoice
from dunlin_events.contracts.customer import CustomerSuspended
from dunlin_kernel.ids import new_id
from dunlin_kit.meeting_for_tests import meeting
from dunlin_kit.testing import tell
from dunlin_kit.transaction import Transaction


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def deliver(company: Any, who: Any, amount: str, **more: Any) -> dict[str, Any]:
    body = {"customer_id": str(who), "amount": cny(amount), "reference": "DN-1", "delivered_on": "2026-03-01"} | more
    made: dict[str, Any] = await company.post("/delivery-notes", body)
    return made


def asked(who: Any, net: str, **more: Any) -> dict[str, Any]:
    line = {"description": "Goods", "quantity": "1", "unit_price": net, "tax_rate": "13"}
    return {"customer_id": str(who), "currency": "CNY", "lines": [line], "issue": True} | more


async def bill(company: Any, who: Any, net: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await company.post("/invoices", asked(who, net, **more))
    return made


async def still_open(company: Any, who: Any) -> list[tuple[str, str]]:
    listed = (await company.get(f"/delivery-notes?customer_id={who}&open=true"))["data"]
    return [(one["number"], one["open"]["amount"]) for one in listed]


async def sound(company: Any) -> bool:
    return not [one for one in (await company.get("/integrity"))["checks"] if not one["holds"]]


async def test_an_invoice_bills_what_its_order_delivered_and_its_void_gives_it_back(company: Any) -> None:
    await company.clock("2026-03-20")
    who, order = await company.register(), str(new_id())
    first = await deliver(company, who, "16950.00", authorization_id=order)
    await deliver(company, who, "1000.00", authorization_id=order, delivered_on="2026-03-10")
    assert await still_open(company, who) == [("C-000001", "16950.00"), ("C-000001", "1000.00")]
    made = await bill(company, who, "15000", authorization_id=order)
    assert await still_open(company, who) == [("C-000001", "1000.00")]
    said = (await company.running.told(company.tenant))[-1]
    assert (said[1], said[2]["deliveries"]) == ("InvoiceIssued", [
        {"delivery_id": first["id"], "authorization_id": order, "amount": cny("16950.00"), "open_after": cny("0.00")}])
    refused = await company.send("POST", f"/delivery-notes/{first['id']}:cancel", {"reason": "recorded_in_error"})
    assert (refused.status_code, refused.json()["code"]) == (409, "delivery_billed")
    await company.post(f"/invoices/{made['id']}:void", {"reason": "wrong_content"})
    assert await still_open(company, who) == [("C-000001", "16950.00"), ("C-000001", "1000.00")]
    said = (await company.running.told(company.tenant))[-1]
    assert (said[1], [one["open_after"] for one in said[2]["deliveries"]]) == ("InvoiceVoided", [cny("16950.00")])
    await bill(company, who, "100", authorization_id=order, final=True)
    assert await still_open(company, who) == [] and await sound(company)


async def test_what_was_delivered_is_billed_though_the_customer_is_suspended_since(company: Any) -> None:
    await company.clock("2026-03-20")
    who, order = await company.register(), str(new_id())
    await deliver(company, who, "113.00", authorization_id=order)
    note = await deliver(company, who, "226.00")
    await tell(company.running.database, customer, company.tenant, CustomerSuspended.model_validate(
        CustomerSuspended.examples[0] | {"customer_id": who, "number": "C-000001"}), first=2)
    line = {"description": "Goods", "quantity": "1", "unit_price": "100", "tax_rate": "13"}
    body = {"customer_id": str(who), "currency": "CNY", "lines": [line], "issue": True}
    refused = await company.send("POST", "/invoices", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_suspended")
    await bill(company, who, "100", authorization_id=order)
    await bill(company, who, "200", delivery_ids=[note["id"]])
    assert await still_open(company, who) == [] and await sound(company)


async def test_a_delivery_without_an_order_is_named_by_the_invoice(company: Any) -> None:
    await company.clock("2026-03-20")
    who, other = await company.register(), await company.register(number="C-000002")
    note = await deliver(company, who, "1130.00")
    body = {"customer_id": str(other), "currency": "CNY", "delivery_ids": [note["id"]], "issue": True, "lines": [
        {"description": "Goods", "quantity": "1", "unit_price": "1000", "tax_rate": "13"}]}
    refused = await company.send("POST", "/invoices", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "delivery_not_billable")
    drafted = await company.post("/invoices", body | {"customer_id": str(who), "issue": False})
    assert drafted["delivery_ids"] == [note["id"]] and await still_open(company, who) != []
    await company.post(f"/invoices/{drafted['id']}:issue", {})
    assert await still_open(company, who) == []
    again = await company.send("POST", "/invoices", body | {"customer_id": str(who)})
    assert again.json()["code"] == "delivery_not_billable" and await sound(company)


async def test_cancelled_once(company: Any) -> None:
    await company.clock("2026-03-20")
    who = await company.register()
    note = await deliver(company, who, "1130.00")
    gone = await company.post(f"/delivery-notes/{note['id']}:cancel", {"reason": "goods_returned"})
    assert (gone["open"], gone["cancelled"]) == (cny("0.00"), "goods_returned")
    again = await company.send("POST", f"/delivery-notes/{note['id']}:cancel", {"reason": "goods_returned"})
    assert (again.status_code, again.json()["code"]) == (409, "delivery_cancelled")
    missing = await company.send("POST", f"/delivery-notes/{new_id()}:cancel", {"reason": "goods_returned"})
    assert (missing.status_code, missing.json()["code"]) == (404, "delivery_not_found")
    assert (await company.send("GET", f"/delivery-notes/{new_id()}")).status_code == 404
    assert [fact for _, fact, _ in await company.running.told(company.tenant)] == [
        "DeliveryRecorded", "DeliveryCancelled"]
    assert await company.get(f"/delivery-notes/{note['id']}") == gone and await sound(company)


async def test_two_invoices_and_a_cancellation_race_for_one_delivery(company: Any) -> None:
    await company.clock("2026-03-20")
    who, order = await company.register(), str(new_id())
    note = await deliver(company, who, "1130.00", authorization_id=order)
    await asyncio.gather(
        bill(company, who, "1000", authorization_id=order), bill(company, who, "1000", authorization_id=order),
        company.send("POST", f"/delivery-notes/{note['id']}:cancel", {"reason": "recorded_in_error"}))
    assert await still_open(company, who) == [] and await sound(company)


async def test_who_bills_a_delivery_that_is_being_cancelled_waits_and_is_refused(company: Any) -> None:
    """The foreign key of what is billed would let it in: it asks for nothing but that the delivery stays there."""
    await company.clock("2026-03-20")
    who = await company.register()
    delivery = UUID((await deliver(company, who, "1000.00"))["id"])
    wish = InvoiceCreate.model_validate(asked(who, "100", delivery_ids=[str(delivery)])).to_wish()
    met = await meeting(
        company.running, company.tenant,
        lambda tx: cancel_delivery_note(tx, delivery, DeliveryCancelReason.RECORDED_IN_ERROR),
        lambda tx: create_invoice(tx, [wish]))
    assert met.waited
    assert met.second.code == "delivery_not_billable"
    assert await still_open(company, who) == [] and await sound(company)


async def test_who_only_names_a_customer_does_not_wait_for_who_hears_of_it(company: Any) -> None:
    await company.clock("2026-03-20")
    who = await company.register()
    wish = InvoiceCreate.model_validate(asked(who, "100")).to_wish()

    async def heard(tx: Transaction) -> None:
        await tx.rows(customers.HELD, ids=[who])
        tx.change(CustomerRow, {"customer_id": who, "name": "Heron"}, key=("customer_id",))

    met = await meeting(company.running, company.tenant, heard, lambda tx: create_invoice(tx, [wish]))
    [made] = met.second
    assert (met.waited, made.invoice.wish.customer_id) == (False, who)
