"""Who answers for a group: whoever answers for one of its members; as parts of statements, and its members by name."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from dunlin_events.consuming import Tx

OWNER_CODES = """(SELECT array_agg(DISTINCT o.owner_code ORDER BY o.owner_code) FROM customer_group m
  JOIN customer_owner o ON o.tenant_id = m.tenant_id AND o.customer_id = m.customer_id
  WHERE m.group_id = {group} AND o.owner_code IS NOT NULL)"""
"""Their codes, as one value; null for none."""
_NAMES = text("SELECT customer_id, number, name FROM customer WHERE customer_id = ANY(CAST(:customer_ids AS uuid[]))")


class MemberName(NamedTuple):
    """A member as people read it."""

    number: str | None
    name: str | None


async def names(tx: Tx, customer_ids: Collection[UUID]) -> Mapping[UUID, MemberName]:
    """Number and name of those that are known."""
    return {row["customer_id"]: MemberName(row["number"], row["name"])
            for row in await tx.rows(_NAMES, customer_ids=list(customer_ids))}
