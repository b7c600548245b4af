"""What a stranger sends: everything that an owner itself could, by the end of the path."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

FIGURES = {"ended_on": "2025-12-31", "currency": "CNY", "source": "audited", "figures": {
    "total_assets": "98765.43", "current_assets": "0.00", "current_liabilities": "0.00", "retained_earnings": "0.00",
    "ebit": "0.00", "equity": "98765.43", "total_liabilities": "0.00", "sales": "0.00"}}

NEW: dict[str, dict[str, Any]] = {
    "/customers": {"kind": "person", "name": "Theirs", "terms": {"due_days": 0, "end_of_month": False}},
    "/groups": {"number": "G-2", "name": "Theirs", "currency": "CNY"},
    "/customers:import": {"rows": [{"line": 2, "external_id": "theirs", "name": "Theirs", "due_days": 30}]},
    "/test-clock:advance": {"to": "2026-01-05T02:00:00Z"},
    "/staff": {"code": "S-2", "name": "Theirs", "language": "en"},
}
"""What anybody can make who has a tenant, by the end of the path."""


def secret(amount: str = "98765.43") -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def _of_deliveries_and_covers(named: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        "/bills": {
            "customer_id": named["customer_id"], "amount": secret("1.00"), "number": "theirs", "risk_class": "bank",
            "drawer": "theirs", "acceptor": "theirs", "received_on": "2026-01-05", "due_on": "2099-01-05"},
        ":dishonour": {"reason": "dishonoured"},
        "/delivery-notes": {"customer_id": named["customer_id"], "amount": secret("1.00"), "reference": "theirs"},
        "/delivery-notes/{delivery_id}:cancel": {"reason": "recorded_in_error"},
        "/covers": {"kind": "insurance", "amount": secret("1.00"), "share_bps": 9000, "valid_from": "2026-01-05",
                    "provider": "Theirs", "reference": "theirs", "reason": "Theirs"},
        "/covers/{cover_id}:end": {"reason": "Theirs"},
        "/claims": {"amount": secret("1.00"), "reference": "theirs"},
        "/claims/{claim_id}:settle": {"paid": secret("1.00")},
    }


def of_statements_and_exchanges(named: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the owner could send about its statements and credit in other currencies, by the end of the path."""
    return {
        "/statements": {
            "customer_id": named["customer_id"], "period_from": "2026-01-01", "period_to": "2026-01-05"},
        ":answer": {"signer": "Theirs", "authority": "Theirs", "lines": []}, "/search-tasks/{search_task_id}:close": {
            "finding": "Theirs"}, ":exchange": {
            "item_id": named.get("item_id"), "given": secret("1.00"), "taken": secret("1.00")},
        "/credit-exchanges/{credit_exchange_id}:reverse": {"reason": "reassigned"},
    }


def bodies(ids: Mapping[str, UUID], owner: UUID) -> dict[str, dict[str, Any]]:
    """What the owner itself could send, by the end of the path."""
    named, stream = {name: str(one) for name, one in ids.items()}, f"{owner}:{ids['customer_id']}"
    line = {"description": "Theirs", "quantity": "1", "unit_price": "1", "tax_rate": "0"}
    invoice = {"currency": "CNY", "lines": [line]}
    parts = [{"due_on": "2026-03-01", "amount": secret("1.00")}]
    customers = invoice | {"customer_id": named["customer_id"], "issue": True}
    parked = {"consumer": "credit", "owner": "billing", "stream": stream}
    return of_statements_and_exchanges(named) | {
        "/customers/{customer_id}": {"name": "Theirs"}, "/terms": {"due_days": 1, "end_of_month": True},
        "/classes": {"dimension": "size", "value": "large"}, "/interactions": {
            "kind": "call", "happened_at": "2026-01-05T01:00:00Z", "summary": "Theirs", "outcome": "reached"},
        ":merge": {"into_id": named["customer_id"]}, "/groups/{group_id}": {"name": "Theirs"},
        "/customers/{customer_id}/group": {"group_id": named.get("group_id")}, "/staff": {
            "code": "S-2", "name": "Theirs", "language": "en", "deputy_id": named.get("staff_id")},
        "/owner": {"owner_id": named.get("staff_id")}, "/staff/{staff_id}": {"name": "Theirs"}, "/customers:assign": {
            "customer_ids": [named["customer_id"]], "owner_id": named.get("staff_id")},
        "/absences": {"from_on": "2026-01-05", "until_on": "2026-01-05"}, "/addresses/{address_id}": {"city": "Theirs"},
        "/addresses": {"street": "Theirs", "city": "Theirs", "country": "CN"}, "/consents": {
            "purpose": None, "channel": "sms", "given": False},
        "/contacts": {"name": "Theirs", "language": "en"}, "/contacts/{contact_id}": {"name": "Theirs"},
        "/invoices": customers, "/invoices:batch": {"invoices": [customers]}, "/invoices/{invoice_id}": invoice,
        ":revise": {"parts": parts}, "/arrangements": {"item_ids": [named.get("item_id")], "parts": parts},
        "/write-offs": {"item_id": named.get("item_id"), "reason": "insolvency"}, ":recover": {
            "credit_id": named.get("payment_id")}, "/write-offs/{write_off_id}:reverse": {"reason": "debt_is_good"},
        ":settle": {"outcome": "rejected"}, "/disputes": {"item_id": named.get("item_id"), "reason": "other"},
        "/fees": {
            "customer_id": named["customer_id"], "amount": secret("1.00"), "reason": "reminder"},
        ":void": {"reason": "issued_in_error"}, "/payments": {
            "customer_id": named["customer_id"], "amount": secret("1.00"), "received_on": "2026-01-05",
            "method": "bank_transfer", "allocation": "none"},
        ":apply": {"allocation": "oldest_first"}, ":reverse": {"reason": "not_received"},
        ":reject": {"reason": "not_received"}, "/credit-notes": {
            "invoice_id": named.get("invoice_id"), "reason": "rebate"}, ":cancel": {"reason": "withdrawn"},
        "/refunds": {"credit_id": named.get("payment_id"), "method": "cash", "reason": "overpaid"},
        "/proposals": {"refund": {"credit_id": named.get("payment_id"), "method": "cash", "reason": "overpaid"}},
        "/refunds/{refund_id}:reverse": {"reason": "bounced"}, "/differences/{difference_id}:reverse": {},
        "/differences": {"item_id": named.get("item_id"), "reason": "rounding"},
        "/allocations/{allocation_id}:reverse": {"reason": "recorded_in_error"}, "/rows": {"rows": [{
            "line": 3, "customer_external_id": "theirs", "currency": "CNY", "invoice": {
                "external_id": "theirs", "amount": "1.00", "issued_on": "2025-01-02", "due_on": "2025-02-01"}}]},
        ":release": {"reason": "Theirs"}, ":acknowledge": {}, ":assign": {"owner": "Theirs"},
        "/compensations": {
            "item_id": named.get("item_id"), "amount": secret("1.00"), "payer": "theirs", "received_on": "2026-01-05"},
        "/compensations/{compensation_id}:reverse": {"reason": "reclaimed"}, ":share": {}, "/deposit-requests": {
            "customer_id": named["customer_id"], "amount": secret("1.00"), "order_reference": "theirs"},
        ":pay": {"amount": secret("1.00"), "received_on": "2026-01-05", "method": "cash"},
        "/deposit-requests/{deposit_request_id}:end": {"reason": "order_cancelled"},
        "/groups/{group_id}/limit": {"amount": "1.00", "reason": "Theirs"}, "/group-limit-proposals": {
            "group_id": named.get("group_id"), "amount": "1.00", "reason": "Theirs"},
        "/mismatches:close": {"currency": "CNY", "sequence": 1, "reason": "Theirs"},
        "/holds": {"reason": "other", "note": "Theirs"}, "/financial-statements": FIGURES,
        "/limit": {"currency": "CNY", "amount": "1.00", "reason": "Theirs"}, "/limit-proposals": {
            "customer_id": named["customer_id"], "currency": "CNY", "amount": "1.00", "reason": "Theirs"},
        "/authorizations": {
            "customer_id": named["customer_id"], "amount": secret("1.00"), "reference": "theirs"},
        **_of_collecting(named), **_of_deliveries_and_covers(named),
        ":switch-on": {"customer_id": named["customer_id"]}, ":resolve": {"outcome": "sent"}, ":retry": parked,
        ":skip": parked | {"mark": "1", "why": "theirs"}, ":skip-hole": parked | {"why": "theirs"},
    }


def _of_collecting(named: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        "/promises": {"customer_id": named["customer_id"], "amount": secret("1.00"), "promised_on": "2026-01-06"},
        "/cases": {"customer_id": named["customer_id"]}, "/cases/{case_id}": {
            "stage": "demand", "owner_code": None, "next_action": None, "next_action_on": None},
        "/cases/{case_id}/entries": {"kind": "note", "note": "Theirs"}, "/cases/{case_id}:close": {"reason": "theirs"},
        "/calls": {"customer_id": named["customer_id"], "due_on": "2026-01-05"}, ":log": {"outcome": "reached"},
        ":post": {"outcome": "posted"},
        "/deliveries": {"message_id": named.get("message_id"), "status": "delivered", "at": "2026-01-05T02:00:00Z"},
    }
