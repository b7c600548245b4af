"""The tables that the libraries bring: outbox, relay, watermarks, idempotency, operations, jobs, and the tenants."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from customer_svc.store.rows import Row
from dunlin_events.eras import RelayEraColumns
from dunlin_events.outbox import EventStreamColumns, OutboxEventColumns
from dunlin_events.parking import ParkedEventColumns
from dunlin_events.relay_state import RelayStateColumns
from dunlin_events.watermark import WatermarkColumns
from dunlin_kit.idempotency import IdempotencyColumns
from dunlin_kit.jobs import JobColumns
from dunlin_kit.operations import OperationColumns
from dunlin_kit.tenants import TenantColumns


class OfTenant(SQLModel):
    """First in the key of everything that belongs to a tenant."""

    tenant_id: UUID = Field(primary_key=True)


class TenantRow(TenantColumns, OfTenant, Row, table=True):
    __tablename__ = "tenant"


class EventStreamRow(EventStreamColumns, Row, table=True):
    __tablename__ = "event_stream"


class OutboxEventRow(OutboxEventColumns, Row, table=True):
    __tablename__ = "outbox_event"
    __table_args__ = (UniqueConstraint("stream", "era", "seq"),)


class RelayStateRow(RelayStateColumns, Row, table=True):
    __tablename__ = "relay_state"


class RelayEraRow(RelayEraColumns, Row, table=True):
    __tablename__ = "relay_era"


class WatermarkRow(WatermarkColumns, Row, table=True):
    __tablename__ = "watermark"


class ParkedEventRow(ParkedEventColumns, Row, table=True):
    __tablename__ = "parked_event"


class IdempotencyKeyRow(IdempotencyColumns, OfTenant, Row, table=True):
    __tablename__ = "idempotency_key"


class OperationRow(OperationColumns, OfTenant, Row, table=True):
    __tablename__ = "operation"


class JobRow(JobColumns, OfTenant, Row, table=True):
    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "key"), Index(None, "state", "due_at"))
