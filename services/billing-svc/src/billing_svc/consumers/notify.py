"""What notify-svc tells: a reminder that left may cost its customer a fee, and a promise says when money comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from billing_svc.store import heard_promises
from billing_svc.store.heard_promises import HeardPromise
from billing_svc.usecases.plan_reminder_fee import plan_reminder_fee
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.notify import ReminderSent
from dunlin_events.contracts.notify_promises import (
    PromiseBroken,
    PromiseCorrected,
    PromiseFact,
    PromiseKept,
    PromiseMade,
    PromiseOutcome,
    PromiseWithdrawn,
)
from dunlin_events.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Heard:
    """What was told just now of one customer: reminders that ask for a fee, and promises as they stand."""

    sent: tuple[ReminderSent, ...] = ()
    promises: Mapping[UUID, HeardPromise] = field(default_factory=dict)


async def load(_tx: Any, events: Sequence[Event]) -> dict[UUID, Heard]:
    """Nothing is needed of before: each reminder stands for itself, and each fact says all of its promise."""
    return {event.concerns: Heard() for event in events if event.concerns is not None}


async def save(tx: Any, states: Mapping[UUID, Heard]) -> None:
    for customer_id, heard in states.items():
        for one in heard.sent:
            plan_reminder_fee(tx, one)
        heard_promises.keep(tx, customer_id, heard.promises.values())


notify = Subscription[Heard](consumer="billing", owner="notify", load=load, save=save)


@notify.on(ReminderSent)
def reminder_sent(event: ReminderSent, heard: Heard) -> Heard:
    """One whose level asks for a fee; one that was suppressed or failed is told otherwise."""
    return heard if event.fee_code is None else replace(heard, sent=(*heard.sent, event))


@notify.on(PromiseMade)
def promise_made(event: PromiseMade, heard: Heard) -> Heard:
    """It runs."""
    return _standing(event, heard, running=True)


@notify.on(PromiseKept, PromiseBroken, PromiseWithdrawn)
def promise_ended(event: PromiseFact, heard: Heard) -> Heard:
    """It is waited for no more."""
    return _standing(event, heard, running=False)


@notify.on(PromiseCorrected)
def promise_corrected(event: PromiseCorrected, heard: Heard) -> Heard:
    """It may run again."""
    return _standing(event, heard, running=event.outcome is PromiseOutcome.RUNNING)


def _standing(event: PromiseFact, heard: Heard, *, running: bool) -> Heard:
    promise = HeardPromise(event.promise_id, event.amount.money, event.promised_on, tuple(event.items), running)
    return replace(heard, promises={**heard.promises, promise.id: promise})
