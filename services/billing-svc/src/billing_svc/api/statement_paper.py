"""A statement of account as a paper that the customer can sign."""

from billing_svc.api.paper import Paper, PaperTable, fitting
from billing_svc.domain.statement import CurrencyStatement, Statement

_MOVED = ("日期 Date", "业务 Fact", "单号 Number", "摘要 Reference", "应收 Receivables", "预收 Unapplied",
          "余额 Balance")
_LINES = ("单号 Number", "开票日 Issued", "到期日 Due", "金额 Amount", "未付 Open", "确认 Agreed")
_BESIDE = ("日期 Date", "业务 Fact", "单号 Number", "付款方 Payer", "金额 Amount")
_AGES = ("账龄 Age", "金额 Amount")
FACTS = {
    "invoice_issued": "发票 Invoice", "invoice_voided": "发票作废 Invoice voided", "interest_charged": "利息 Interest",
    "fee_charged": "费用 Fee", "payment_confirmed": "收款 Payment", "payment_reversed": "退票 Payment returned",
    "credit_allocated": "核销 Allocation", "allocation_reversed": "核销撤销 Allocation undone",
    "credit_note_issued": "贷项通知 Credit note", "credit_note_cancelled": "贷项撤销 Credit note cancelled",
    "refund_paid": "退款 Refund", "refund_reclaimed": "退款追回 Refund reclaimed",
    "debt_written_off": "坏账核销 Write-off", "debt_recovered": "坏账收回 Recovery",
    "recovery_reversed": "坏账收回撤销 Recovery undone",
    "compensation_received": "赔付 Compensation", "compensation_shared": "追偿分享 Share passed on",
    "compensation_reversed": "赔付撤回 Compensation taken back",
    "debt_transferred": "客户合并 Transfer of debt", "credit_transferred": "客户合并 Transfer of credit",
}
"""The usual facts by name; any other is shown by its code."""


def statement_paper(statement: Statement, digest: str) -> Paper:
    """Refuses: document_too_large."""
    head = statement.head
    return Paper(
        "对账单 Statement of account",
        (("客户 Customer", f"{head.number}  {head.name or ''}"), ("销售方 Seller", head.seller),
         ("期间 Period", f"{head.period_from} - {head.period_to}"),
         ("截至 As known at", head.known_at.isoformat(timespec="seconds")),
         ("编号 Statement", str(head.id))),
        fitting([table for one in statement.currencies for table in _tables(one)]), f"SHA-256 {digest}")


def _tables(one: CurrencyStatement) -> tuple[PaperTable, ...]:
    currency = one.opening.receivables.currency
    moved = [("", "期初 Opening", "", "", one.opening.receivables, one.opening.unapplied, one.opening.net)]
    moved += [
        (str(m.effective_on), FACTS.get(m.fact_kind, m.fact_kind), m.number or "", m.reference or "",
         m.moved.receivables, m.moved.unapplied, after.net)
        for m, after in zip(one.movements, one.after, strict=True)]
    moved.append(("", "期末 Closing", "", "", one.closing.receivables, one.closing.unapplied, one.closing.net))
    beside = tuple((str(m.effective_on), FACTS.get(m.fact_kind, m.fact_kind), m.number, m.payer, m.amount)
                   for m in one.third_parties)
    lines = [(line.number, str(line.issued_on), str(line.due_on), line.amount, line.open, "") for line in one.lines]
    return (
        PaperTable(f"{currency} 往来明细 Movements", _MOVED, (10, 16, 14, 18, 14, 14, 14), tuple(moved)),
        PaperTable(f"{currency} 未清项目 Open items", _LINES, (20, 14, 14, 16, 16, 20), tuple(lines)),
        PaperTable(f"{currency} 账龄 Ageing", _AGES, (30, 30), tuple(one.buckets)),
        *((PaperTable(f"{currency} 第三方赔付 Paid by third parties", _BESIDE, (12, 24, 20, 24, 20), beside),)
          if beside else ()))
