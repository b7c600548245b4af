"""The route by which a mail system or gateway says what became of a message after it left."""

from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from dunlin_kit.auth import requires
from dunlin_kit.problems import refuses
from dunlin_kit.wire import Instant
from dunlin_kit.write_route import Tx, WriteRoute
from notify_svc import usecases
from notify_svc.api.message_shapes import MessageRead
from notify_svc.domain.message import Bounce
from notify_svc.store import customer_names
from notify_svc.usecases.record_delivery import RecordDelivery

writes = APIRouter(prefix="/notify/v1", route_class=WriteRoute, tags=["messages"])


class DeliveryStatus(StrEnum):
    """`bounced_hard`: the address is of no use; `bounced_soft`: it may pass."""

    DELIVERED = "delivered"
    BOUNCED_HARD = "bounced_hard"
    BOUNCED_SOFT = "bounced_soft"


_BOUNCES = {
    DeliveryStatus.DELIVERED: None, DeliveryStatus.BOUNCED_HARD: Bounce.HARD, DeliveryStatus.BOUNCED_SOFT: Bounce.SOFT}


class DeliveryCreate(BaseModel):
    """What became of a message, which a mail system knows by the id in its Message-ID."""

    model_config = ConfigDict(extra="forbid")
    message_id: UUID
    status: DeliveryStatus
    at: Instant


@writes.post("/deliveries", status_code=201, dependencies=[requires("deliveries:write")],
             responses=refuses("message_not_found", status=404)
             | refuses("illegal_transition", "tenant_not_known_yet", status=409) | refuses("invalid_request"))
async def record_delivery(body: DeliveryCreate, tx: Tx) -> MessageRead:
    """Record that a message was delivered or given back; a hard bounce silences the address until contacts change."""
    found = await usecases.record_delivery(tx, RecordDelivery(body.message_id, _BOUNCES[body.status], body.at))
    return MessageRead.of(found, await customer_names.of_one(tx, found.customer_id), None)
