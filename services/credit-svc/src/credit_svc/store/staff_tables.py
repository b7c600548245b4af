"""The table of staff, as customer-svc tells of them."""

from uuid import UUID

from sqlmodel import Field

from credit_svc.store.rows import Row
from dunlin_kit.staff import StaffColumns


class StaffRow(StaffColumns, Row, table=True):
    """A member of staff: who stands in for whom, and when."""

    __tablename__ = "staff"
    tenant_id: UUID = Field(primary_key=True)
    staff_id: UUID = Field(primary_key=True)
