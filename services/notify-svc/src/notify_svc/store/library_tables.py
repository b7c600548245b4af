"""The tables of the chassis and of the event library, as they stand in this service's database."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from dunlin_events.consuming import ParkedEventColumns, WatermarkColumns
from dunlin_events.eras import RelayEraColumns
from dunlin_events.outbox import EventStreamColumns, OutboxEventColumns
from dunlin_events.relay import RelayStateColumns
from dunlin_kit.idempotency import IdempotencyColumns
from dunlin_kit.jobs import JobColumns
from dunlin_kit.operations import OperationColumns
from dunlin_kit.tenants import TenantColumns
from notify_svc.store.rows import Row


class OwnedColumns(SQLModel):
    """First column of every key; named last among the bases, so that it comes first in the table."""

    tenant_id: UUID = Field(primary_key=True, sa_type=Uuid)


class TenantRow(TenantColumns, OwnedColumns, Row, table=True):
    __tablename__ = "tenant"


class IdempotencyKeyRow(IdempotencyColumns, OwnedColumns, Row, table=True):
    __tablename__ = "idempotency_key"


class OperationRow(OperationColumns, OwnedColumns, Row, table=True):
    __tablename__ = "operation"


class JobRow(JobColumns, OwnedColumns, Row, table=True):
    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "key"),
        Index("ix_job_waiting", "due_at", "job_id", postgresql_where=text("state = 'waiting'")),
    )


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
