"""Letters that wait to be printed and posted: each with its customer, and what is still owed of it."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, text

from dunlin_kernel.ids import NIL
from dunlin_kernel.money import Money

_WAITING = text("""
SELECT m.id, m.customer_id, m.judged_on, m.level, m.language, c.number, c.name, c.owner_code,
       jsonb_agg(jsonb_build_object('currency', s.currency, 'asked', s.amount, 'owed', i.open - i.disputed)) AS items
FROM message m JOIN message_item s ON s.tenant_id = m.tenant_id AND s.message_id = m.id AND s.outcome = 'sending'
JOIN dunned_item i ON i.tenant_id = s.tenant_id AND i.id = s.item_id
LEFT JOIN customer c ON c.tenant_id = m.tenant_id AND c.customer_id = m.customer_id
WHERE m.status = 'to_print' AND m.id > :after
GROUP BY m.tenant_id, m.id, c.tenant_id, c.customer_id ORDER BY m.id LIMIT :wanted""").bindparams(
    bindparam("after", type_=Uuid), bindparam("wanted", type_=Integer))
_OWED = text("""
SELECT 1 FROM message_item s JOIN dunned_item i ON i.tenant_id = s.tenant_id AND i.id = s.item_id
WHERE s.message_id = :id AND s.outcome = 'sending' AND i.open > i.disputed LIMIT 1""").bindparams(
    bindparam("id", type_=Uuid))


class WaitingLetter(NamedTuple):
    """A letter in the queue; `asked` is what it names per currency, `is_owed` whether any of that is owed still."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    owner_code: str | None
    judged_on: date
    level: int
    language: str | None
    asked: tuple[Money, ...]
    is_owed: bool


async def waiting(tx: Any, after: UUID | None, *, limit: int) -> list[WaitingLetter]:
    """Up to `limit`, the earliest first."""
    return [_letter(row) for row in await tx.rows(_WAITING, after=after or NIL, wanted=limit)]


async def is_owed(tx: Any, message_id: UUID) -> bool:
    """Whether anything of what the letter names is owed still."""
    return await tx.row(_OWED, id=message_id) is not None


def _letter(row: Any) -> WaitingLetter:
    sums: dict[str, int] = {}
    for one in row["items"]:
        sums[one["currency"]] = sums.get(one["currency"], 0) + one["asked"]
    return WaitingLetter(
        row["id"], row["customer_id"], row["number"], row["name"], row["owner_code"], row["judged_on"], row["level"],
        row["language"], tuple(Money(sums[code], code) for code in sorted(sums)),
        any(one["owed"] > 0 for one in row["items"]))
