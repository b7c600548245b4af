"""The log of interactions as rows: added, read by customer, and what is to be followed up."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from customer_svc.domain.interaction import Findings, Interaction, InteractionKind, InteractionOutcome, Willingness
from customer_svc.store.interaction_tables import InteractionRow
from customer_svc.store.merged_entries import ENTRIES
from dunlin_kernel.ids import ContactId, CustomerId
from dunlin_kit.transaction import Transaction

_PAGE = """
WITH RECURSIVE {entries}
SELECT i.* FROM entry e CROSS JOIN LATERAL (
  SELECT * FROM interaction l WHERE l.customer_id = e.customer_id {before}
  ORDER BY l.happened_at DESC, l.id DESC LIMIT :wanted) i
ORDER BY i.happened_at DESC, i.id DESC LIMIT :wanted"""
_FIRST: Any = text(_PAGE.format(entries=ENTRIES, before=""))
_NEXT: Any = text(_PAGE.format(entries=ENTRIES, before="AND (l.happened_at, l.id) < (:at, :last)"))
_DUE: Any = text("""
WITH due AS (
  SELECT i.customer_id, i.id, i.kind, i.follow_up_on FROM interaction i JOIN customer c ON c.id = i.customer_id
  WHERE i.follow_up_on <= :day AND (i.follow_up_on, i.id) > (:at, :last)
    AND (CAST(:owners AS uuid[]) IS NULL OR c.owner_id = ANY(CAST(:owners AS uuid[])))
    AND NOT EXISTS (SELECT 1 FROM interaction l
      WHERE l.customer_id = i.customer_id AND (l.happened_at, l.id) > (i.happened_at, i.id))
    AND (c.merged_into IS NULL OR NOT EXISTS (SELECT 1 FROM interaction l
      WHERE l.customer_id = goes_on_for(c.merged_into) AND (l.happened_at, l.id) > (i.happened_at, i.id)))
  ORDER BY i.follow_up_on, i.id LIMIT :wanted)
SELECT c.id AS customer_id, c.number, c.name, c.owner_id, o.code AS owner_code, d.id, d.kind, d.follow_up_on
FROM due d CROSS JOIN LATERAL (SELECT * FROM customer s WHERE s.id = goes_on_for(d.customer_id) LIMIT 1) c
LEFT JOIN staff o ON o.id = c.owner_id
ORDER BY d.follow_up_on, d.id""")
_START = (date.min, UUID(int=0))


class Logged(NamedTuple):
    """An entry, by whom it was written down and when."""

    interaction: Interaction
    actor: str
    recorded_at: datetime


class FollowUp(NamedTuple):
    """What is to be done about a customer from a day on: the last entry of its log said so."""

    customer_id: UUID
    number: str
    name: str
    owner_id: UUID | None
    owner_code: str | None
    id: UUID
    kind: str
    follow_up_on: date


async def page(tx: Transaction, customer_id: CustomerId, after: tuple[Any, ...] | None, limit: int) -> list[Logged]:
    """Up to `limit` + 1 entries of a customer and of those merged into it, the newest first."""
    given: dict[str, Any] = {"customer_id": customer_id, "wanted": limit + 1}
    if after is not None:
        given |= {"at": datetime.fromisoformat(after[0]), "last": UUID(after[1])}
    return [_logged(row) for row in await tx.rows(_NEXT if after else _FIRST, **given)]


async def follow_ups(
    tx: Transaction, on: date, owners: Sequence[UUID] | None, after: tuple[Any, ...] | None, limit: int
) -> list[FollowUp]:
    """Up to `limit` + 1 customers whose last entry is to be followed up by a day, of these owners or all, the longest
    due first."""
    at, last = (date.fromisoformat(after[0]), UUID(after[1])) if after else _START
    rows = await tx.rows(_DUE, day=on, owners=owners, at=at, last=last, wanted=limit + 1)
    return [FollowUp(**dict(row.items())) for row in rows]


def add(tx: Transaction, interaction: Interaction, *, at: datetime) -> None:
    found = interaction.findings
    tx.insert(InteractionRow, {
        "id": interaction.id, "customer_id": interaction.customer_id, "contact_id": interaction.contact_id,
        "kind": interaction.kind.value, "happened_at": interaction.happened_at, "summary": interaction.summary,
        "outcome": interaction.outcome.value, "follow_up_on": interaction.follow_up_on,
        "willingness": found.willingness.value if found.willingness else None, "condition": found.condition,
        "difficulties": found.difficulties, "actor": tx.actor, "recorded_at": at})


def _logged(row: Any) -> Logged:
    willing = row["willingness"]
    findings = Findings(Willingness(willing) if willing else None, row["condition"], row["difficulties"])
    contact = row["contact_id"]
    return Logged(Interaction(
        row["id"], CustomerId(row["customer_id"]), InteractionKind(row["kind"]), row["happened_at"], row["summary"],
        InteractionOutcome(row["outcome"]), ContactId(contact) if contact else None, row["follow_up_on"], findings),
        row["actor"], row["recorded_at"])
