"""Each integrity check of credit-svc holds over a customer's credit, and finds what breaks it."""

import json
from typing import Any

from credit_svc.store.integrity import CHECKS
from dunlin_kit.broken_invariants import OWN_STREAMS, Breaks, put, put_of, unseen, untold

ONE = "00000000-0000-7000-8000-000000000001"
CLOSED = f'{{"customer_id": "{ONE}", "currency": "CNY", "sequence": 5}}'
COVER = {"kind": "insurance", "amount": {"amount": "500.00", "currency": "CNY"}, "share_bps": 9000,
         "retention": {"amount": "50.00", "currency": "CNY"}, "valid_from": "2026-03-01", "provider": "Sinosure",
         "reference": "P-1", "reason": "export"}


def moved(kind: str) -> str:
    return put_of("authorization_movement", "credit_authorization",
                  f"'authorization_id', authorization_id, 'kind', '{kind}', 'amount', 5")


def learnt(column: str) -> str:
    return f"UPDATE payment_record SET {column} = {column} + 1"


RECORD = put("payment_record", f'{{"customer_id": "{ONE}", "currency": "CNY"}}')
LEARNT = ('"weight": 2, "amount": 3, "days_late": 20, "live": true, '
          f'"customer_id": "{ONE}", "currency": "CNY"')
LATE = put("learnt_payment", f"{{{LEARNT}}}")
SUMS = {"customer_id": ONE, "currency": "CNY", "payments": 1, "weight": 2, "late": 2, "much_late": 2, "days": 40,
        "squares": 800, "amount": 6, "amount_days": 120}


def kept(wrong: str) -> str:
    """All that is learnt of a late payment, but for one sum."""
    return put("payment_record", json.dumps(SUMS | {wrong: 0})) + "; " + LATE


SET = f'"limit_id": "{ONE}", "customer_id": "{ONE}", "currency": "CNY"'

BREAKS: Breaks = {
    "I8": (put("exposure_mismatch"),
           put("exposure_mismatch", CLOSED) + "; " + put("mismatch_closure", CLOSED.replace("5", "6"))),
    "I8-sequence": ("UPDATE exposure SET sequence = sequence + 1", f"DELETE FROM watermark WHERE {OWN_STREAMS}"),
    "I17": (*(f"UPDATE credit_authorization SET {column} = {column} + 1" for column in (
                "reserved", "captured", "released", "expired", "over_captured", "asked")),
            "UPDATE credit_authorization SET status = 'denied'",
            "UPDATE credit_authorization SET reserved = reserved - 5, captured = captured + 5",
            *map(moved, ("captured", "over_captured", "released", "expired"))),
    "I17-heads": ("UPDATE authorization_head SET reserved = reserved + 1",
                  "UPDATE credit_authorization SET reserved = reserved + 1", "DELETE FROM credit_authorization"),
    "I17-delivered": ("UPDATE exposure SET delivered = delivered + 1",
                      put_of("delivery", "exposure", "'customer_id', customer_id, 'currency', currency, 'open', 5")),
    "I17-kept": ("UPDATE exposure SET kept = kept + 1",
                 put_of("kept_credit", "exposure", "'customer_id', customer_id, 'currency', currency, 'kept', 5")),
    "I4": (f"UPDATE event_stream SET seq = seq + 1 WHERE {OWN_STREAMS}",
           f"DELETE FROM outbox_event WHERE {OWN_STREAMS} AND seq = 1"),
    "I4-limits": ("UPDATE authorization_head SET limits = limits + 1", "UPDATE credit_limit SET version = version + 1",
                  "DELETE FROM credit_limit",
                  put_of("credit_limit", "authorization_head", "'customer_id', customer_id, 'currency', currency")),
    "I6": (*map(untold, ("CreditLimitChanged", "CreditAuthorized")), "DELETE FROM credit_limit",
           "DELETE FROM credit_authorization", moved("expired"), moved("released"),
           *map(put, ("credit_hold", "risk_alert", "group_limit")),
           put("alert_handling", '{"acknowledged_at": "2026-03-01T02:00:00Z"}')),
    "I6-covers": (untold("CoverChanged"), put("cover"), "DELETE FROM cover", "UPDATE cover SET state = 'ended'",
                  "UPDATE cover SET waited = true"),
    "I6-claims": (put("cover_claim"), put("cover_claim", '{"state": "filed"}'), untold("ClaimFiled"),
                  "UPDATE cover_claim SET state = 'settled'"),
    "I17-claims": ("UPDATE cover SET used = used + 1", "UPDATE cover_claim SET paid = paid + 1"),
    "I6-approvals": (put("limit_proposal", '{"status": "waiting"}'), put("cover", '{"state": "waiting"}'),
                     ("UPDATE outbox_event SET type = replace(type, 'CreditLimitChanged', 'ApprovalAsked') "
                     f"WHERE {OWN_STREAMS}")),
    "I6-ratings": (*map(put, ("credit_rating", "terms_decision", "credit_review")), "DELETE FROM credit_rating",
                   untold("CreditRated")),
    "I6-evaluations": (put("limit_evaluation", f"{{{SET}}}"),
                       put("limit_evaluation", f'{{{SET}, "stands": 5}}') + "; "
                       + put("credit_limit", f'{{{SET}, "amount": 6, "source": "policy"}}'),
                       put("limit_evaluation", f'{{{SET}, "stands": 5}}') + "; "
                       + put("credit_limit", f'{{{SET}, "amount": 5, "source": "manual"}}')),
    "I8-payments": (*(f"{RECORD}; {learnt(column)}" for column in (
                        "payments", "weight", "late", "much_late", "days", "squares", "amount", "amount_days")),
                    f"{RECORD}; {LATE}", kept("late"), kept("much_late")),
}


async def test_what_breaks_is_found(postgres: str, books: Any) -> None:
    """A limit, an invoice that was heard of, an authorisation, a cover with a claim, and a rating."""
    assert list(BREAKS) == [check.id for check in CHECKS]

    async def post(path: str, body: Any) -> dict[str, Any]:
        answer = await books.service.client.post(f"/credit/v1{path}", json=body, headers=books.headers())
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    await books.hear(books.invoice("100.00", "100.00"))
    await books.limit("1000.00")
    await books.ask("50.00")
    cover = await post(f"/customers/{books.customer}/covers", COVER)
    await post(f"/covers/{cover['id']}/claims", {
        "amount": {"amount": "100.00", "currency": "CNY"}, "reference": "CL-1", "filed_on": "2026-03-01"})
    await post(f"/customers/{books.customer}/ratings", {})
    assert await unseen(postgres, books.service.urls, books.tenant, CHECKS, BREAKS) == []
