"""The table of the rows of a file that an import has not taken yet."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from customer_svc.store.rows import Row


class CustomerImportRowRow(Row, table=True):
    """One row of a file, until its import has ended. `customer_id` is who it becomes if it is new."""

    __tablename__ = "customer_import_row"
    tenant_id: UUID = Field(primary_key=True)
    operation_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=Integer)
    customer_id: UUID
    content: str = Field(sa_type=JSONB)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "operation_id"], ["operation.tenant_id", "operation.operation_id"]),
    )
