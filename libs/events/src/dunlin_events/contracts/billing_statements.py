"""What billing-svc tells of statements of account."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from dunlin_events.contracts.base import Amount, CustomerEvent, Wire
from dunlin_events.contracts.billing import OWNER
from dunlin_events.contracts.example_values import ID, cny


class StatementBalance(Wire):
    """What a statement closes with in one currency; the two are never netted."""

    receivables: Amount
    unapplied: Amount


class StatementIssued(CustomerEvent):
    """A statement of account was made for a customer: a snapshot that nothing changes, named by its digest."""

    owner: ClassVar[str] = OWNER
    statement_id: UUID
    period_from: date
    period_to: date
    closing: list[StatementBalance]
    lines: int
    digest: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "statement_id": ID + "5", "period_from": "2026-01-01", "period_to": "2026-01-31",
         "closing": closing, "lines": lines, "digest": "9f" * 32}
        for closing, lines in (([{"receivables": cny("4520.00"), "unapplied": cny("0.00")}], 1), ([], 0)))


class StatementAnswered(CustomerEvent):
    """The customer answered a statement: `agreed` when every line was confirmed and nothing was missing."""

    owner: ClassVar[str] = OWNER
    statement_id: UUID
    answer_id: UUID
    agreed: bool
    confirmed_items: list[UUID]
    disputes: list[UUID]
    search_tasks: list[UUID]
    signer: str
    authority: str
    digest: str
    examples: ClassVar[tuple[dict[str, object], ...]] = tuple(
        {"customer_id": ID + "1", "statement_id": ID + "5", "answer_id": ID + "6", "agreed": agreed,
         "confirmed_items": [ID + "3"], "disputes": disputes, "search_tasks": [], "signer": "S-1",
         "authority": "finance_director", "digest": "9f" * 32}
        for agreed, disputes in ((True, []), (False, [ID + "7"])))
