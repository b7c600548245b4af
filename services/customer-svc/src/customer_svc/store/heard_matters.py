"""What stands open about customers, as rows: read for a fold, kept after it, read for an overview."""

from collections.abc import Collection, Iterable
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from customer_svc.domain.heard_matter import HeardMatter, MatterKind, joined
from customer_svc.store.heard_tables import HeardAlertRow, HeardCaseRow, HeardClaimRow, MatterColumns
from customer_svc.store.merged_entries import ENTRIES
from dunlin_events.consuming import Tx
from dunlin_events.subscription import Statements
from dunlin_kernel.money import Money

TABLES = (HeardClaimRow, HeardAlertRow, HeardCaseRow)
"""One for each owner that tells of them: billing-svc, credit-svc, notify-svc."""


@cache
def _by_id(row: type[MatterColumns]) -> Any:
    table: Any = row.__table__  # type: ignore[attr-defined]
    return select(*table.c).where(table.c.id == bindparam("ids", type_=ARRAY(Uuid)).any_())


@cache
def _standing(row: type[MatterColumns]) -> Any:
    """All that was told of what stands in any of the streams, the customer that goes on before those merged into it."""
    table: Any = row.__table__  # type: ignore[attr-defined]
    return text(f"""
        WITH RECURSIVE {ENTRIES},
        standing AS (SELECT h.id FROM {table.name} h JOIN entry e ON e.customer_id = h.customer_id WHERE h.stands)
        SELECT h.* FROM {table.name} h JOIN entry e ON e.customer_id = h.customer_id
        WHERE h.id IN (SELECT id FROM standing) ORDER BY h.id, e.depth""").bindparams(  # noqa: S608  constants only
        bindparam("customer_id", type_=Uuid))


async def by_id(
    tx: Statements, row: type[MatterColumns], ids: Collection[UUID],
) -> dict[UUID, dict[UUID, HeardMatter]]:
    """Those of these that were heard of, by customer and id. The watermark of each stream keeps other writers away."""
    found: dict[UUID, dict[UUID, HeardMatter]] = {}
    for one in await tx.rows(_by_id(row), ids=sorted(ids)) if ids else ():
        found.setdefault(one["customer_id"], {})[one["id"]] = _matter(one)
    return found


async def standing(tx: Statements, customer_id: UUID) -> list[HeardMatter]:
    """All that stands of a customer and of the entries merged into it, the oldest of each owner first."""
    found: list[HeardMatter] = []
    for row in TABLES:
        told = [_matter(one) for one in await tx.rows(_standing(row), customer_id=customer_id)]
        matters = [joined(list(one)) for _, one in groupby(told, key=attrgetter("id"))]
        found += sorted((one for one in matters if one.stands), key=attrgetter("on", "id"))
    return found


def keep(tx: Tx, row: type[MatterColumns], customer_id: UUID, matters: Iterable[HeardMatter]) -> None:
    """Gather these as they stand now."""
    tx.put(row, *({
        "id": one.id, "customer_id": customer_id, "kind": one.kind.value, "on": one.on, "until_on": one.until,
        "said": one.said, "more": one.more, "stands": one.stands,
        "amount": one.amount.minor if one.amount else None, "currency": one.amount.currency if one.amount else None,
    } for one in matters), key=("customer_id", "id"))


def _matter(row: Any) -> HeardMatter:
    amount = None if row["amount"] is None else Money(row["amount"], row["currency"])
    return HeardMatter(MatterKind(row["kind"]), row["id"], row["on"], row["said"], amount, row["until_on"], row["more"],
                       row["stands"])
