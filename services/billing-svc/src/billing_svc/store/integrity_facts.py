"""Each money fact, counted where it stands: it has its journal entry and was told of exactly once."""

from sqlalchemy import text

from billing_svc.domain.ledger import FactKind
from dunlin_kit.health import Check

FACTS = {
    FactKind.INVOICE_ISSUED: "count(*) FROM invoice WHERE status <> 'draft'",
    FactKind.INVOICE_VOIDED: "count(*) FROM invoice_void",
    FactKind.FEE_CHARGED: "count(*) FROM charge WHERE kind = 'fee'",
    FactKind.FEE_WAIVED: "count(*) FROM fee_waiver",
    FactKind.INTEREST_CHARGED: "count(*) FROM charge WHERE kind = 'interest'",
    FactKind.INTEREST_WAIVED: "count(*) FROM interest_waiver",
    FactKind.DEBT_WRITTEN_OFF: "count(*) FROM write_off WHERE state IN ('approved', 'reversed')",
    FactKind.DEBT_RECOVERED: "count(*) FROM debt_recovery",
    FactKind.RECOVERY_REVERSED: "count(*) FROM recovery_reversal",
    FactKind.WRITE_OFF_REVERSED: "count(*) FROM write_off_reversal",
    FactKind.PAYMENT_CONFIRMED: "count(*) FROM credit WHERE kind = 'payment' AND state IN ('confirmed', 'reversed')",
    FactKind.CREDIT_NOTE_ISSUED: "count(*) FROM credit_note",
    FactKind.CREDIT_NOTE_CANCELLED: "count(*) FROM credit_note_cancellation",
    FactKind.DIFFERENCE_CLOSED: "count(*) FROM difference",
    FactKind.DIFFERENCE_REVERSED: "count(*) FROM difference_reversal",
    FactKind.REFUND_PAID: "count(*) FROM refund",
    FactKind.REFUND_REVERSED: "count(*) FROM refund_reversal",
    FactKind.REFUND_RECLAIMED: "count(*) FROM charge WHERE kind = 'reclaim'",
    FactKind.CREDIT_EXCHANGED: "2 * count(*) FROM credit_exchange",
    FactKind.CREDIT_EXCHANGE_REVERSED: "2 * count(*) FROM credit_exchange_reversal",
    FactKind.CREDIT_TRANSFERRED: "2 * count(*) FROM balance_transfer WHERE side = 'credit'",
    FactKind.DEBT_TRANSFERRED: "2 * count(*) FROM balance_transfer WHERE side = 'receivable'",
    FactKind.CREDIT_ALLOCATED: "count(*) FROM allocation",
    FactKind.ALLOCATION_REVERSED: "count(*) FROM allocation_reversal",
    FactKind.PAYMENT_REVERSED: "count(*) FROM payment_reversal",
    FactKind.BILL_RECEIVED: "count(*) FROM bill",
    FactKind.BILL_HELD: "count(*) FROM charge WHERE kind = 'bill'",
    FactKind.BILL_DISHONOURED: "count(*) FROM bill_dishonour",
    FactKind.COMPENSATION_RECEIVED: "count(*) FROM compensation",
    FactKind.COMPENSATION_SHARED: "count(*) FROM compensation_share",
    FactKind.COMPENSATION_REVERSED: "count(*) FROM compensation_reversal",
}
"""What moves money between two currencies or customers is two facts: what left, and what came."""


def told_as(kind: FactKind) -> str:
    """The name of the event that tells of it: InvoiceIssued of invoice_issued."""
    return kind.title().replace("_", "")


_COUNTS = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, '{told_as(kind)}' AS fact, {counted}" for kind, counted in FACTS.items())
_UNTOLD = text(f"""
WITH facts (kind, fact, n) AS ({_COUNTS}),
booked AS (SELECT fact_kind AS kind, count(*) AS n FROM journal_entry GROUP BY 1)
SELECT fact, f.n AS facts, coalesce(b.n, 0) AS booked, coalesce(t.told, 0) AS told
FROM facts f LEFT JOIN booked b USING (kind) LEFT JOIN facts_told() t USING (fact)
WHERE f.n <> coalesce(b.n, 0) OR f.n <> coalesce(t.told, 0) LIMIT 20""")  # noqa: S608  constants

FACT_CHECKS = (Check("I6", "Each money fact has its journal entry, and was told of exactly once.", _UNTOLD),)
