"""Promises to pay that notify-svc judged: a broken one may hold new credit, a corrected one lets it go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from uuid import UUID

from credit_svc.domain.position import CreditPosition
from credit_svc.domain.review import RatingCause
from credit_svc.store import exposures, policies, promises, watching
from credit_svc.usecases.keep_holds import keep_holds
from credit_svc.usecases.plan_reviews_now import plan_reviews_now
from dunlin_events.consuming import Subscription, Tx
from dunlin_events.contracts.base import Event
from dunlin_events.contracts.notify_promises import PromiseBroken, PromiseCorrected, PromiseOutcome


@dataclass(frozen=True, slots=True)
class Promised:
    """A customer's position, and the promises that were judged: on which day broken, and whether it stands so."""

    position: CreditPosition
    earlier: Mapping[UUID, date]
    judged: Mapping[UUID, tuple[date, bool]]

    def broken(self, promise_id: UUID, on: date, *, broken: bool) -> Self:
        judged = {**self.judged, promise_id: (on, broken)}
        stands = [*(day for one, day in self.earlier.items() if one not in judged),
                  *(day for day, holds in judged.values() if holds)]
        beside = self.position.beside
        if beside is None:
            return replace(self, judged=judged)
        after = replace(beside, promise_broken_on=max(stands, default=None))
        return replace(self, judged=judged, position=replace(self.position, beside=after))


async def load(tx: Tx, events: Sequence[Event]) -> dict[UUID, Promised]:
    """Exposures, then holds: each locked in one order."""
    customers = sorted({event.concerns for event in events if event.concerns is not None})
    policy, moment = await policies.in_force(tx)
    held = await exposures.lock_all(tx, customers)
    earlier = await promises.broken(tx, customers)
    beside = {} if moment is None or not policy.holds.are_on else await watching.beside(
        tx, customers, moment=moment, grace_days=policy.holds.overdue_grace_days or 0)
    return {
        customer: Promised(CreditPosition(
            customer, policy.numbers, held.get(customer, {}), {}, {}, rules=policy.holds,
            beside=beside.get(customer)), earlier.get(customer, {}), {})
        for customer in customers}


async def save(tx: Tx, states: Mapping[UUID, Promised]) -> None:
    for customer, state in states.items():
        promises.keep(tx, customer, state.judged)
        keep_holds(tx, state.position)
    broken = [one for one, state in states.items() if any(holds for _, holds in state.judged.values())]
    corrected = [one for one, state in states.items() if not all(holds for _, holds in state.judged.values())]
    if broken or corrected:
        _, moment = await policies.in_force(tx)
        await plan_reviews_now(tx, broken, moment, RatingCause.WORSENED)
        await plan_reviews_now(tx, corrected, moment, RatingCause.CURED)


notify = Subscription[Promised](consumer="credit", owner="notify", load=load, save=save)


@notify.on(PromiseBroken)
def promise_broken(event: PromiseBroken, state: Promised) -> Promised:
    """The money was not there in time."""
    return state.broken(event.promise_id, event.judged_on, broken=True)


@notify.on(PromiseCorrected)
def promise_corrected(event: PromiseCorrected, state: Promised) -> Promised:
    """It had come in time after all, or was given back."""
    return state.broken(
        event.promise_id, event.corrected_on, broken=event.outcome is PromiseOutcome.BROKEN)
