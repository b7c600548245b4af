"""Alerts: what needs a person's eye, who has it, and that somebody has seen it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from credit_svc.api.shapes import Body
from credit_svc.domain.position import AlertRule
from credit_svc.store import alerts
from credit_svc.store.alerts import AskedAlerts, RaisedAlert
from credit_svc.usecases.acknowledge_alert import acknowledge_alert as acknowledge
from credit_svc.usecases.assign_alert import assign_alert as assign
from dunlin_events.contracts.base import Amount
from dunlin_kit.auth import Me, requires
from dunlin_kit.owned import EVERYBODYS, StandingInFor, asked_for
from dunlin_kit.pages import RESPONSES, Limit, Page, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.staff import Owner, Whose
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(route_class=WriteRoute, tags=["alerts"])
reads = APIRouter(route_class=ReadRoute, tags=["alerts"])
routers = (writes, reads)
_CHANGED = refuses("alert_not_found", status=404) | refuses("alert_acknowledged", status=409)


class AlertAcknowledgement(Body):
    """That somebody has seen it; the note stays in this service."""

    note: str | None = Field(default=None, min_length=1, max_length=500)


class AlertAssignment(Body):
    """Who has it from now on: a code of a member of staff, or a subject."""

    owner: str = Field(min_length=1, max_length=100)


class RiskAlertRead(BaseModel):
    """An alert. `line` is up to which amount the rule would have kept silent, `level` how many lines were crossed."""

    id: UUID
    customer_id: UUID
    number: str | None
    name: str | None
    rule: AlertRule
    amount: Amount
    line: Amount
    level: int
    authorization_id: UUID | None
    invoice_id: UUID | None
    cover_id: UUID | None
    raised_at: datetime
    owner: str | None
    standing_in_for: str | None = StandingInFor
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, one: RaisedAlert, asked: Whose = EVERYBODYS) -> Self:
        alert = one.alert
        return cls(
            id=one.id, customer_id=one.customer_id, number=one.number, name=one.name, rule=alert.rule,
            amount=Amount.of(alert.amount), line=Amount.of(alert.tolerated), level=alert.level,
            authorization_id=alert.authorization_id, invoice_id=alert.invoice_id, cover_id=alert.cover_id,
            raised_at=alert.at, owner=one.owner, standing_in_for=asked.standing_in_for(one.owner),
            acknowledged_by=one.acknowledged_by, acknowledged_at=one.acknowledged_at, note=one.note)


class RiskAlertPage(Page[RiskAlertRead]):
    """Alerts, in the order in which they were raised."""


class RiskAlertFilter(StrEnum):
    WAITING = "waiting"
    ALL = "all"


@reads.get("/credit/v1/alerts", dependencies=[requires("credit:read")], responses=RESPONSES)
async def list_risk_alerts(
    tx: Tx, me: Me, cursor: Paging, response: Response, limit: Limit = 50,
    status: RiskAlertFilter = RiskAlertFilter.WAITING, customer_id: Annotated[UUID | None, Query()] = None,
    owner: Owner = None, rule: Annotated[AlertRule | None, Query()] = None,
) -> RiskAlertPage:
    """What waits for a person's eye; with `status=all` also what was acknowledged."""
    after = UUID(cursor.after[0]) if cursor.after else None
    asked = await asked_for(tx, me, owner)
    found = await alerts.some(tx, AskedAlerts(
        status is RiskAlertFilter.WAITING, customer_id, asked.codes, rule, after, limit + 1))
    return RiskAlertPage(**cursor.page(
        response, found, limit, lambda one: [one.id], lambda one: RiskAlertRead.of(one, asked)))


@reads.get("/credit/v1/alerts/{alert_id}", dependencies=[requires("credit:read")],
           responses=refuses("alert_not_found", status=404))
async def get_risk_alert(alert_id: UUID, tx: Tx) -> RiskAlertRead:
    """An alert and what became of it."""
    return RiskAlertRead.of(await alerts.get(tx, alert_id))


@writes.post("/credit/v1/alerts/{alert_id}:acknowledge", dependencies=[requires("credit:write")],
             responses=_CHANGED)
async def acknowledge_alert(alert_id: UUID, body: AlertAcknowledgement, tx: Tx) -> RiskAlertRead:
    """Say that you have seen it. Once."""
    return RiskAlertRead.of(await acknowledge(tx, alert_id, body.note))


@writes.post("/credit/v1/alerts/{alert_id}:assign", dependencies=[requires("credit:write")], responses=_CHANGED)
async def assign_alert(alert_id: UUID, body: AlertAssignment, tx: Tx) -> RiskAlertRead:
    """Give it to somebody else than the customer's owner."""
    return RiskAlertRead.of(await assign(tx, alert_id, body.owner))
