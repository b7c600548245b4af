"""The ageing report as a paper: a table per currency, a row per customer, the largest debt first."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from billing_svc.api.paper import Cell, Paper, PaperTable, fitting
from billing_svc.domain.ageing import Aged, AgeingPolicy
from billing_svc.store.ageing import AgeingQuestion, Debtor, Key


def ageing_paper(
    found: Mapping[Key, Aged], totals: Mapping[str, Aged], debtors: Mapping[UUID, Debtor], question: AgeingQuestion,
    policy: AgeingPolicy,
) -> Paper:
    """Refuses: document_too_large."""
    return Paper(
        "账龄分析 Ageing",
        (("截止日 As of", str(question.as_of)),
         ("截至 As known at", question.known_at.isoformat(timespec="seconds"))),
        fitting([_table(code, totals[code], _rows(found, code, debtors), policy) for code in sorted(totals)]),
        "应收与预收不相抵 Receivables and unapplied credit are not netted")


def _rows(found: Mapping[Key, Aged], currency: str, debtors: Mapping[UUID, Debtor]) -> list[tuple[Cell, ...]]:
    of_currency = sorted(
        ((key[0], aged) for key, aged in found.items() if key[1] == currency),
        key=lambda row: (-row[1].receivables.minor, row[0]))
    return [(debtors[customer].number or "", debtors[customer].name or "", *_figures(aged))
            for customer, aged in of_currency]


def _table(currency: str, total: Aged, rows: Sequence[tuple[Cell, ...]], policy: AgeingPolicy) -> PaperTable:
    names = ("未到期 Not due", *(name.replace("_", " ") for name in policy.names[1:]))
    columns = ("编号 Number", "客户 Customer", *names, "应收 Receivables", "预收 Unapplied", "最长 Oldest days")
    return PaperTable(
        currency, columns, (10, 18, *(11 for _ in names), 12, 11, 8),
        (*rows, ("", "合计 Total", *_figures(total))))


def _figures(aged: Aged) -> tuple[Cell, ...]:
    return (*aged.buckets, aged.receivables, aged.unapplied, max(aged.oldest_days, 0))
