"""What notify-svc tells: reminders that left and promises, folded into what the archive shows of a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from customer_svc.domain.heard_matter import HeardMatter, MatterKind
from customer_svc.store import heard_credits, heard_matters
from customer_svc.store.heard_credits import HeardPromise, HeardReminder
from customer_svc.store.heard_tables import HeardCaseRow
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.notify import ReminderSent
from dunlin_events.contracts.notify_cases import CaseAdvanced, CaseClosed, CaseFact, CaseOpened
from dunlin_events.contracts.notify_promises import (
    PromiseBroken,
    PromiseCorrected,
    PromiseFact,
    PromiseKept,
    PromiseMade,
    PromiseWithdrawn,
)


@dataclass(frozen=True, slots=True)
class HeardTalk:
    """What was said between us and one customer: the last reminder, its promises and cases by id."""

    reminder: HeardReminder | None = None
    promises: Mapping[UUID, HeardPromise] = field(default_factory=dict)
    cases: Mapping[UUID, HeardMatter] = field(default_factory=dict)


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, HeardTalk]:
    """What was heard of the customers concerned; blanks for those not heard of here."""
    ids = {event.concerns for event in events if event.concerns is not None}
    reminders, promises = await heard_credits.reminders_of(tx, ids), await heard_credits.promises_of(tx, ids)
    cases = await heard_matters.by_id(
        tx, HeardCaseRow, {event.case_id for event in events if isinstance(event, CaseFact)})
    return {one: HeardTalk(reminders.get(one), {promise.id: promise for promise in promises[one]}, cases.get(one, {}))
            for one in ids}


async def save(tx: Tx, states: Mapping[UUID, HeardTalk]) -> None:
    for customer_id, talk in states.items():
        if talk.reminder is not None:
            heard_credits.keep_reminder(tx, customer_id, talk.reminder)
        heard_matters.keep(tx, HeardCaseRow, customer_id, talk.cases.values())
        for promise in talk.promises.values():
            heard_credits.keep_promise(tx, customer_id, promise)


notify = Subscription[HeardTalk](consumer="customer", owner="notify", load=load, save=save)


@notify.on(ReminderSent)
def reminded(event: ReminderSent, talk: HeardTalk) -> HeardTalk:
    """One message more, and it is the last."""
    sent = talk.reminder.reminders if talk.reminder else 0
    return replace(talk, reminder=HeardReminder(sent + 1, event.reminded_on, event.level))


@notify.on(PromiseMade, PromiseKept, PromiseBroken, PromiseCorrected, PromiseWithdrawn)
def promised(event: PromiseFact, talk: HeardTalk) -> HeardTalk:
    """The promise stands as this fact says."""
    promise = HeardPromise(event.promise_id, event.amount.money, event.promised_on, _status_of(event))
    return replace(talk, promises={**talk.promises, promise.id: promise})


@notify.on(CaseOpened)
def case_opened(event: CaseOpened, talk: HeardTalk) -> HeardTalk:
    """Somebody collects from now on."""
    opened = HeardMatter(MatterKind.CASE, event.case_id, event.opened_on, "collecting")
    return replace(talk, cases={**talk.cases, opened.id: opened})


@notify.on(CaseAdvanced)
def case_advanced(event: CaseAdvanced, talk: HeardTalk) -> HeardTalk:
    """Its stage, and what comes next."""
    known = talk.cases.get(event.case_id) or HeardMatter(MatterKind.CASE, event.case_id, event.advanced_on, event.stage)
    after = replace(known, said=event.stage, more=event.next_action, until=event.next_action_on)
    return replace(talk, cases={**talk.cases, after.id: after})


@notify.on(CaseClosed)
def case_closed(event: CaseClosed, talk: HeardTalk) -> HeardTalk:
    """It is over."""
    known = talk.cases.get(event.case_id)
    return replace(talk, cases={**talk.cases, known.id: known.ended()}) if known else talk


def _status_of(event: PromiseFact) -> str:
    if isinstance(event, PromiseCorrected):
        return event.outcome.value
    ends = {PromiseMade: "running", PromiseKept: "kept", PromiseBroken: "broken", PromiseWithdrawn: "withdrawn"}
    return ends[type(event)]
