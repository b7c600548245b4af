"""The buckets of ageing that were told of, as rows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal_column, select
from sqlmodel import col

from customer_svc.domain.heard_ledger import USUAL_EDGES
from customer_svc.store.heard_tables import HeardAgeingPolicyRow
from dunlin_events.consuming import Tx
from dunlin_events.subscription import Statements

_IN_FORCE: Any = (
    select(col(HeardAgeingPolicyRow.edges)).order_by(col(HeardAgeingPolicyRow.version).desc())
    .limit(literal_column("1")))


async def edges(tx: Statements) -> tuple[int, ...]:
    """Those of the greatest version; the usual ones where none was told of."""
    row = await tx.row(_IN_FORCE)
    return USUAL_EDGES if row is None else tuple(row["edges"])


def keep(tx: Tx, version: int, told: Sequence[int]) -> None:
    tx.put(HeardAgeingPolicyRow, {"version": version, "edges": json.dumps(list(told))}, key=("version",))
