"""Rows of a file of customers that wait for their import: kept as they were sent, gone when it has ended."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, delete, select
from sqlmodel import col

from customer_svc.domain.import_row import RowTexts
from customer_svc.store.import_tables import CustomerImportRowRow
from dunlin_kernel.ids import CustomerId
from dunlin_kit.transaction import Transaction

_of_import = col(CustomerImportRowRow.operation_id) == bindparam("operation_id")
_SOME: Any = (
    select(col(CustomerImportRowRow.customer_id), col(CustomerImportRowRow.content))
    .where(_of_import, col(CustomerImportRowRow.position) >= bindparam("first", type_=Integer))
    .order_by(col(CustomerImportRowRow.position)).limit(bindparam("size", type_=Integer)))
_CLEAR: Any = delete(CustomerImportRowRow).where(_of_import)


def stage(tx: Transaction, operation_id: UUID, rows: Sequence[tuple[CustomerId, RowTexts]]) -> None:
    """Rows in the order in which they are judged."""
    tx.insert(CustomerImportRowRow, *(
        {"operation_id": operation_id, "position": position, "customer_id": customer_id,
         "content": json.dumps(asdict(row))}
        for position, (customer_id, row) in enumerate(rows)))


async def some(tx: Transaction, operation_id: UUID, first: int, size: int) -> list[tuple[CustomerId, RowTexts]]:
    """Up to `size` of them from the position `first` on, in order."""
    rows = await tx.rows(_SOME, operation_id=operation_id, first=first, size=size)
    return [(CustomerId(row["customer_id"]), RowTexts(**row["content"])) for row in rows]


async def clear(tx: Transaction, operation_id: UUID) -> None:
    """All were judged."""
    await tx.rows(_CLEAR, operation_id=operation_id)
