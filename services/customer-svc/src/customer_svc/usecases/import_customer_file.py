"""A spreadsheet of customers is received: read, cleaned, and left to the operation that takes its rows over."""

from uuid import UUID

from customer_svc.domain.customer_file import rows_of_file
from customer_svc.domain.spreadsheet import csv_rows
from customer_svc.domain.workbook import workbook_rows
from customer_svc.usecases.import_customers import import_customers
from dunlin_kit.transaction import Transaction

PACKED = b"PK\x03\x04"
"""How a workbook begins, which is a packed file."""


async def import_customer_file(tx: Transaction, content: bytes, due_days: int | None) -> UUID:
    """The operation that takes it. Refuses: bad_customer_file, tenant_not_known_yet."""
    table = workbook_rows(content) if content.startswith(PACKED) else csv_rows(content)
    return await import_customers(tx, rows_of_file(table, due_days))
