"""Each integrity check of billing-svc holds over a company's books, and finds what breaks them."""

import json
from typing import Any

from billing_svc.domain.ledger import FactKind
from billing_svc.store.integrity import CHECKS
from billing_svc.store.integrity_facts import FACTS, told_as
from dunlin_events.contracts.base import FACTS as CONTRACTS
from dunlin_events.contracts.base import import_contracts
from dunlin_kit.broken_invariants import OWN_STREAMS, Breaks, put, put_of, unseen, untold

EVE, DAY = "2026-01-04", "2026-01-05"
ONE = "00000000-0000-7000-8000-000000000001"
TWO = "00000000-0000-7000-8000-000000000002"
LAST = "ffffffff-ffff-7fff-bfff-ffffffffffff"
LONG_AGO = '"effective_on": "2020-01-01"'


def booked(account: str, column: str = "amount", value: str = "amount + 1") -> str:
    return f"UPDATE journal_line SET {column} = {value} WHERE account = '{account}'"


def after(place: str, key: str, source: str) -> str:
    return put_of(place, source, f"'{key}', id, 'effective_on', '2020-01-01'")


TWICE = ("INSERT INTO outbox_event (event_id, stream, era, seq, type, headers, payload) "
         "SELECT gen_random_uuid(), stream, era, seq + 1000, type, headers, payload FROM outbox_event "
         f"WHERE {OWN_STREAMS} AND split_part(type, '.', 3) = 'PaymentConfirmed'")
GONE = "UPDATE credit SET state = 'reversed', unapplied = 0; DELETE FROM ledger_entry WHERE side = 'credit'"
REFUNDED = put_of("refund", "credit", "'credit_id', id, 'amount', 5")
PASSED = "UPDATE ledger_entry SET fact_kind = '{}' WHERE side = 'receivable' AND amount < 0"
DISCOUNTED = ("UPDATE allocation SET discount = 1 WHERE credit_id IN (SELECT id FROM credit WHERE kind = '{1}'); "
              "UPDATE item SET discount = '{{\"until\": \"{0}\"}}'")


def told_instead(fact: str) -> str:
    return (f"UPDATE outbox_event SET type = replace(type, 'InvoiceIssued', '{fact}') WHERE id = (SELECT min(id) "
            f"FROM outbox_event WHERE {OWN_STREAMS} AND split_part(type, '.', 3) = 'InvoiceIssued')")


def entry(amount: int, base: int, customer: str = ONE) -> str:
    """An entry of 1 item in foreign currency."""
    return put("ledger_entry", json.dumps({
        "customer_id": customer, "side": "receivable", "item_id": ONE, "fact_id": customer, "amount": amount,
        "base_amount": base, "currency": "USD"}))


def transferred(out: tuple[int, int], came: tuple[int, int]) -> str:
    """A transfer of 5, and what it moved: (amount, in base currency)."""
    return "; ".join((put("balance_transfer", json.dumps({
        "id": ONE, "in_id": TWO, "source_id": ONE, "into_id": TWO, "currency": "USD", "amount": 5})),
        entry(*out), entry(*came, TWO)))


def carried(open_: int, base: int) -> str:
    return put("carried_amount", json.dumps({"ref_id": ONE, "currency": "USD", "open": open_, "base": base}))


def based(account: str, side: str, amount: int) -> str:
    """A control and what is carried agree, and no account does."""
    return "; ".join((
        put("journal_entry", json.dumps({"id": ONE, "customer_id": ONE})),
        put("journal_line", json.dumps({
            "journal_entry_id": ONE, "account": account, "currency": "USD", "amount": amount})),
        put("carried_amount", json.dumps({"customer_id": ONE, "currency": "USD", "side": side, "base": abs(amount)}))))


def merged(left: str, *emptied: str) -> str:
    return "; ".join((
        f"UPDATE account SET merged_into = gen_random_uuid(), {left}", *(f"DELETE FROM {place}" for place in emptied)))


ALONE = {
    FactKind.INVOICE_ISSUED: put("invoice", '{"status": "issued"}'),
    FactKind.INVOICE_VOIDED: put("invoice_void"),
    FactKind.FEE_CHARGED: put("charge", '{"kind": "fee"}'),
    FactKind.FEE_WAIVED: put("fee_waiver"),
    FactKind.INTEREST_CHARGED: put("charge", '{"kind": "interest"}'),
    FactKind.INTEREST_WAIVED: put("interest_waiver"),
    FactKind.DEBT_WRITTEN_OFF: put("write_off", '{"state": "approved"}'),
    FactKind.DEBT_RECOVERED: put("debt_recovery"),
    FactKind.RECOVERY_REVERSED: put("recovery_reversal"),
    FactKind.WRITE_OFF_REVERSED: put("write_off_reversal"),
    FactKind.PAYMENT_CONFIRMED: put("credit", '{"kind": "payment", "state": "confirmed"}'),
    FactKind.CREDIT_NOTE_ISSUED: put("credit_note"),
    FactKind.CREDIT_NOTE_CANCELLED: put("credit_note_cancellation"),
    FactKind.DIFFERENCE_CLOSED: put("difference"),
    FactKind.DIFFERENCE_REVERSED: put("difference_reversal"),
    FactKind.REFUND_PAID: put("refund"),
    FactKind.REFUND_REVERSED: put("refund_reversal"),
    FactKind.REFUND_RECLAIMED: put("charge", '{"kind": "reclaim"}'),
    FactKind.CREDIT_EXCHANGED: put("credit_exchange"),
    FactKind.CREDIT_EXCHANGE_REVERSED: put("credit_exchange_reversal"),
    FactKind.CREDIT_TRANSFERRED: put("balance_transfer", '{"side": "credit"}'),
    FactKind.DEBT_TRANSFERRED: put("balance_transfer", '{"side": "receivable"}'),
    FactKind.CREDIT_ALLOCATED: put("allocation"),
    FactKind.ALLOCATION_REVERSED: put("allocation_reversal"),
    FactKind.PAYMENT_REVERSED: put("payment_reversal"),
    FactKind.BILL_RECEIVED: put("bill"),
    FactKind.BILL_HELD: put("charge", '{"kind": "bill"}'),
    FactKind.BILL_DISHONOURED: put("bill_dishonour"),
    FactKind.COMPENSATION_RECEIVED: put("compensation"),
    FactKind.COMPENSATION_SHARED: put("compensation_share"),
    FactKind.COMPENSATION_REVERSED: put("compensation_reversal"),
}
"""A fact of each kind of which nothing else is there: no entry, no journal, no event."""
UNBOOKED = ("DELETE FROM journal_entry WHERE fact_id = (SELECT id FROM allocation LIMIT 1)",
            "DELETE FROM journal_entry WHERE fact_kind = 'credit_allocated'",
            "DELETE FROM journal_entry WHERE fact_kind = 'credit_allocated'; " + untold("CreditAllocated"))
RECOVERED = "; ".join((
    put("write_off", f'{{{{"id": "{ONE}", "state": "{{}}"}}}}'),
    put("debt_recovery", f'{{{{"id": "{ONE}", "write_off_id": "{ONE}"}}}}'),
    put("allocated_loss", f'{{{{"allocation_id": "{ONE}", "recovery_id": "{ONE}"}}}}'), ""))
"""What recovered a write-off of a state."""
A_TRANSFER = put("balance_transfer", '{"amount": 5}')

BREAKS: Breaks = {
    "I1": (
        PASSED.format("invoice_voided"),
        PASSED.format("debt_written_off"),
        "UPDATE item SET open = open - 1", "UPDATE item SET amount = amount + 1",
        "UPDATE invoice SET status = 'void'",
        "UPDATE allocation SET amount = amount + 1", "UPDATE allocation SET discount = 1",
        "UPDATE ledger_entry SET amount = amount + 1 WHERE side = 'receivable'"),
    "I2": (
        GONE,
        f"{GONE}; DELETE FROM allocation; {REFUNDED}",
        f"{GONE}; DELETE FROM allocation; " + put_of("credit_exchange", "credit", "'payment_id', id, 'given', 5"),
        "UPDATE credit SET state = 'reversed'; DELETE FROM allocation",
        "UPDATE credit SET unapplied = unapplied + 1", "UPDATE credit SET amount = amount + 1",
        "UPDATE credit SET state = 'reversed'", "UPDATE allocation SET amount = amount + 1",
        put_of("refund", "credit", "'credit_id', id, 'amount', 5"),
        "UPDATE ledger_entry SET amount = amount + 1 WHERE side = 'credit'"),
    "I1-past": ("UPDATE ledger_entry SET effective_on = effective_on - 30 WHERE amount < 0",),
    "I3": (booked("receivable_control"),),
    "I3-controls": ("UPDATE account SET open = open + 1", "UPDATE account SET disputed = disputed + 1",
                    "UPDATE account SET unapplied = unapplied + 1", "DELETE FROM account",
                    booked("receivable_control"), booked("customer_credit"), "UPDATE item SET open = open + 1",
                    "UPDATE item SET disputed = disputed + 1", "UPDATE credit SET unapplied = unapplied + 1"),
    "I3-entries": ("UPDATE account SET entries = entries + 1", "DELETE FROM ledger_entry WHERE position = 1",
                   "UPDATE ledger_entry SET position = 1000 WHERE position = 2"),
    "I4": (f"UPDATE event_stream SET seq = seq + 1 WHERE {OWN_STREAMS}",
           f"DELETE FROM outbox_event WHERE {OWN_STREAMS} AND seq = 1"),
    "I6": (untold("InvoiceIssued"), TWICE, *UNBOOKED, *ALONE.values()),
    "I14": ("UPDATE allocation SET effective_on = effective_on - 30",
            after("allocation_reversal", "allocation_id", "allocation"),
            put_of("invoice_void", "invoice", "'invoice_id', id, 'effective_on', '2020-01-01'"),
            after("payment_reversal", "credit_id", "credit")),
    "I14-locked": ("UPDATE journal_entry SET effective_on = '2025-12-31'",
                   "UPDATE journal_entry SET effective_on = '2025-12-31', recorded_at = recorded_at + interval '1 day'",
                   put("journal_entry", f'{{"effective_on": "2025-12-31", "id": "{LAST}"}}')),
    "I15": ("UPDATE number_series SET next_number = next_number + 1",
            "UPDATE invoice SET number = regexp_replace(number, '[0-9]+$', '000077') WHERE number LIKE '%2'",
            "DELETE FROM invoice WHERE number LIKE '%1'", "DELETE FROM credit_note",
            put("charge", '{"series": "INV", "number": "X-000001"}')),
    "I15-order": ("UPDATE invoice SET issued_on = issued_on - 5 WHERE number LIKE '%2'",),
    "I18": ("UPDATE credit SET state = 'pending'",
            put_of("payment_decision", "credit", "'credit_id', id, 'decision', 'expired'"),
            "UPDATE credit SET state = 'rejected', id = gen_random_uuid() WHERE kind = 'payment'",
            put("credit", f'{{"state": "pending", "id": "{ONE}"}}') + "; "
            + put("payment_decision", f'{{"credit_id": "{ONE}", "decision": "confirmed"}}')),
    "I19": ("UPDATE credit SET second_person = 'amount'",
            "UPDATE credit SET second_person = 'amount'; " + "INSERT INTO payment_decision (tenant_id, id, "
            "credit_id, decision, actor, recorded_at) "
            "SELECT tenant_id, gen_random_uuid(), id, 'confirmed', actor, recorded_at FROM credit"),
    "I15-credited": ("UPDATE credit_note_line SET net = net + 10000000",
                     "UPDATE credit_note_line SET tax = tax + 10000000"),
    "I15-credit-notes": (
        "UPDATE credit_note_line SET net = net + 1",
        "UPDATE credit_note_line SET tax = tax + 1",
        "UPDATE credit_note SET net = net + 1", "UPDATE credit_note SET tax = tax + 1",
        "UPDATE credit_note_line SET net = net + 1, tax = tax - 1",
        "UPDATE credit_note SET issued_on = issued_on + 1",
        put_of("credit_note_cancellation", "credit_note", "'credit_note_id', id"),
        "UPDATE credit SET state = 'reversed'", "UPDATE credit SET amount = amount + 1"),
    "I16-discounts": (
        DISCOUNTED.format("2020-01-01", "payment"),
        DISCOUNTED.format("2099-01-01", "credit_note"),
        "UPDATE allocation SET discount = 1",),
    "I14-credits": ("UPDATE credit_note SET issued_on = issued_on - 30",
                    after("credit_note_cancellation", "credit_note_id", "credit_note"),
                    after("refund", "credit_id", "credit"),
                    put("refund", f'{{"id": "{ONE}"}}') + "; "
                    + put("refund_reversal", f'{{"refund_id": "{ONE}", {LONG_AGO}}}')),
    "I6-items": (untold("DisputeOpened"), put("dispute_settlement"), put("arrangement", '{"version": 1}'),
                 put("audit_log", '{"action": "arrangement_defaulted"}')),
    "I16": ("UPDATE item SET disputed = disputed + 1", "UPDATE dispute SET rest = rest - 1", "DELETE FROM dispute",
            "UPDATE item SET open = disputed - 1 WHERE disputed > 0", put("dispute", '{"rest": 5}')),
    "I16-arranged": (
        put_of("standing_due", "item", "'item_id', id, 'due_version', due_version, 'position', 1")
        + "; UPDATE item SET standing_due_on = '2026-01-05' WHERE id = (SELECT item_id FROM standing_due)",
        "UPDATE item SET standing_due_on = standing_due_on + 1", "UPDATE item SET due_version = 2",
        "UPDATE item SET arrangement_id = gen_random_uuid()",
        put_of("standing_due", "item", "'item_id', id, 'due_version', due_version, 'position', 1")),
    "I16-written-off": (
        PASSED.format("debt_written_off"),
        "UPDATE item SET written_off = 1",
        put_of("write_off", "item", "'item_id', id, 'state', 'approved', 'amount', 5")),
    "I16-recovered": (
        put("write_off", f'{{"state": "reversed", "checker": "another", {LONG_AGO}}}'),
        put("write_off", f'{{"id": "{ONE}", "state": "reversed", "checker": "another", "amount": 5, {LONG_AGO}}}')
        + "; "
        + put("write_off_reversal", f'{{"write_off_id": "{ONE}", "amount": 3}}'),
        put("write_off", '{"recovered": 1, "amount": 1}'), put("write_off", '{"state": "reversed"}'),
        put("write_off", '{"state": "approved"}'),
        put("write_off", f'{{"state": "approved", "checker": "", {LONG_AGO}}}'),
        put("write_off", '{"state": "approved", "checker": "another"}')),
    "I16-lost-again": (
        RECOVERED.format("refused") + put("recovery_reversal", f'{{"recovery_id": "{ONE}"}}'),
        RECOVERED.format("approved") + put("allocation_reversal", f'{{"allocation_id": "{ONE}"}}')),
    "I1-interest": (put("interest_account", '{"charged": 5}'),
                    put("interest_account", f'{{"item_id": "{ONE}"}}') + "; "
                    + put("item", f'{{"kind": "interest", "claim_item_id": "{ONE}", "amount": 5}}'),
                    put("interest_account", f'{{"item_id": "{ONE}"}}') + "; "
                    + put("item", f'{{"kind": "interest", "claim_item_id": "{ONE}", "id": "{ONE}"}}') + "; "
                    + put("interest_waiver", f'{{"item_id": "{ONE}", "reason": "recomputed", "amount": 5}}')),
    "I19-waivers": (put("interest_waiver"), put("interest_waiver", '{"maker": "one", "checker": "one"}')),
    "I16-fees": (put("fee_waiver", '{"amount": 5}'),
                 "UPDATE ledger_entry SET fact_kind = 'fee_waived' WHERE side = 'receivable'"),
    "I16-settled": ("UPDATE dispute SET rest = rest - 1",
                    put_of("dispute_settlement", "dispute", "'dispute_id', id, 'amount', 5")),
    "I16-deliveries": (
        put("delivery", f'{{"amount": 5, "cancelled": "wrong", "id": "{ONE}"}}') + "; "
        + put_of("delivery_billing", "invoice", f"'invoice_id', id, 'amount', 5, 'delivery_id', '{ONE}'"),
        put("delivery", '{"amount": 5, "open": 3}'),
        put("delivery", '{"amount": 5, "open": 5, "cancelled": "wrong"}'),
        put("delivery", f'{{"amount": 5, "open": 5, "id": "{ONE}"}}') + "; "
        + put_of("delivery_billing", "invoice", "'invoice_id', id, 'amount', 5, 'delivery_id', "
        f"'{ONE}'")),
    "I6-deliveries": (
        put("delivery", '{"cancelled": "wrong"}') + "; " + told_instead("DeliveryRecorded"),
        put("delivery"),),
    "I2-deposits": tuple(
        put("deposit_request", f'{{"id": "{ONE}", "currency": "{currency}"}}') + "; "
        + put_of("deposit_payment", f"credit WHERE kind = '{kind}'",
                 f"'request_id', '{ONE}', 'credit_id', id")
        for currency, kind in (("USD", "payment"), ("CNY", "credit_note"))),
    "I6-deposits": (
        put("deposit_request", '{"ended": "paid"}') + "; " + told_instead("DepositRequested"),
        put("deposit_request"),),
    "I6-kept": (
        "UPDATE credit SET unapplied = unapplied - 1 WHERE kept_for IS NOT NULL", untold("CreditKept"),
        *(f"UPDATE outbox_event SET payload = convert_to(replace(convert_from(payload, 'UTF8'), {told}), 'UTF8') "
          f"WHERE {OWN_STREAMS} AND split_part(type, '.', 3) = 'CreditKept'"
          for told in ("'30.00', '30.01'", "'CNY', 'USD'"))),
    "I1-bills": (
        put("bill", '{"amount": 5}'),
        put("bill", f'{{"id": "{ONE}", "amount": 5}}') + "; "
        + put("bill_part", f'{{"bill_id": "{ONE}", "amount": 4}}'),
        put_of("bill", "item", f"'id', '{ONE}', 'item_id', id, 'amount', amount")
        + "; UPDATE item SET kind = 'bill'; INSERT INTO bill_part SELECT tenant_id, id, item_id, amount FROM bill; "
        + put("bill_dishonour", f'{{"bill_id": "{ONE}"}}')),
    "I3-bills": ("UPDATE item SET kind = 'bill'", booked("receivable_control", "account", "'notes_receivable'"),
                 booked("receivable_control", "account", "'bills_clearing'")),
    "I3-compensations": (put("compensation", '{"amount": 5}'),
                         booked("bank", "account", "'third_party_claims'"),
                         booked("bank", "account", "'third_party_bank'")),
    "I3-base": (booked("receivable_control", "base_amount"),),
    "I3-carried": (
        entry(1, 1),
        f"{entry(1, 1)}; {carried(1, 3)}",
        f"{entry(1, 4)}; {entry(-1, -1, TWO)}; {carried(0, 3)}",
        put("carried_amount", '{"base": 1}'), put("carried_amount", '{"open": 1}')),
    "I3-base-controls": (
        based("receivable_control", "receivable", 5),
        based("customer_credit", "credit", -5),
        put("carried_amount", '{"base": 5, "side": "receivable"}'),
        put("carried_amount", '{"base": 5, "side": "credit"}'),
        "UPDATE journal_line SET currency = 'USD' WHERE account = 'receivable_control'",
        "UPDATE journal_line SET currency = 'USD' WHERE account = 'customer_credit'"),
    "I3-aged": ("UPDATE account SET aged[1] = aged[1] + 1", "UPDATE account SET aged_items[1] = aged_items[1] + 1",
                "UPDATE account SET turns_on = NULL", "UPDATE account SET turns_on = turns_on + 100"),
    "I3-opened": (
        ("UPDATE ledger_entry SET effective_on = '2026-01-05' WHERE position = 1; "
        "UPDATE ledger_entry SET effective_on = '2026-01-04' WHERE amount < 0"),
        "UPDATE item SET effective_on = effective_on - 1", "DELETE FROM ledger_entry WHERE position = 1",
        "UPDATE ledger_entry SET fact_kind = 'invoice_issued' WHERE side = 'receivable'",
        "UPDATE ledger_entry SET effective_on = effective_on - 9 WHERE amount < 0 AND side = 'receivable'"),
    "I3-facts": (
        booked("receivable_control", "base_amount", "amount, amount = amount + 1"),
        booked("receivable_control"), booked("customer_credit"), booked("receivable_control", "base_amount"),
        "DELETE FROM ledger_entry WHERE position = 1"),
    "I3-bank": (booked("bank"), "UPDATE ledger_entry SET fact_kind = 'refund_paid' WHERE side = 'receivable'"),
    "I3-transfers": (
        A_TRANSFER, transferred((-4, -5), (5, 5)), transferred((-5, -5), (4, 5)), transferred((-5, -5), (5, 6))),
    "I3-cleared": (
        put("journal_line", '{"account": "customer_transfer", "amount": 5, "base_amount": 0}'),
        put("journal_line", '{"account": "customer_transfer", "amount": 5}'),
        put("journal_line", '{"account": "customer_transfer", "base_amount": 5}')),
    "I1-held": (f"{A_TRANSFER}; UPDATE item SET open = open - 1",
                f"{A_TRANSFER}; UPDATE credit SET unapplied = unapplied + 1",
                f"{A_TRANSFER}; UPDATE item SET customer_id = gen_random_uuid()"),
    "I1-merged": (
        merged("unapplied = 0", "item", "credit"),
        merged("open = 0", "item", "credit"),
        merged("open = 0, unapplied = 0", "item"),
        merged("open = 0, unapplied = 0", "credit"),
        "UPDATE account SET merged_into = gen_random_uuid()",
        "UPDATE account SET merged_into = gen_random_uuid(), open = 0, unapplied = 0"),
}


def test_a_fact_of_each_kind_is_counted_by_the_event_that_tells_of_it() -> None:
    assert set(FACTS) == set(ALONE) == set(FactKind)
    import_contracts()
    assert {told_as(kind) for kind in FactKind} <= {contract.__name__ for contract in CONTRACTS.values()}


async def test_what_breaks_is_found(postgres: str, company: Any) -> None:
    """Two invoices, one paid in part and credited in part, a dispute, money left over, a deposit, books closed over the
    first."""
    assert list(BREAKS) == [check.id for check in CHECKS]
    who = await company.register()
    invoice = await company.issue(who, "1000", EVE)
    contested = await company.issue(who, "500", DAY)
    await company.pay(who, "300.00", DAY)
    await company.pay(who, "100.00", DAY, allocation="none")
    await company.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "goods_returned", "lines": [
        {"position": 1, "net": {"amount": "50.00", "currency": "CNY"}}]})
    await company.post("/disputes", {"item_id": contested["items"][0]["id"], "reason": "quality", "evidence": None,
                                     "amount": {"amount": "65.00", "currency": "CNY"}})
    asked = await company.post("/deposit-requests", {
        "customer_id": str(who), "order_reference": "PO-1", "amount": {"amount": "30.00", "currency": "CNY"}})
    await company.post(f"/deposit-requests/{asked['id']}:pay", {
        "amount": {"amount": "30.00", "currency": "CNY"}, "received_on": DAY, "method": "bank_transfer"})
    await company.post("/period-locks", {"closed_until": EVE, "hard": True, "reason": "year end"})
    await company.issue(who, "10", DAY)
    assert await unseen(postgres, company.running.urls, company.tenant, CHECKS, BREAKS) == []
