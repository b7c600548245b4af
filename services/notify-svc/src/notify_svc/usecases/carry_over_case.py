"""Carry over the work on a customer that was merged: its open case and its calls go on at the one that goes on."""

from uuid import UUID

from dunlin_events.contracts.notify_cases import CaseClosed, CaseOpened, CaseReasonTold
from dunlin_kernel.errors import NotReady
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import MERGED, EntryKind, taken_over
from notify_svc.store import calls, cases, customers
from notify_svc.store.cases import CaseEntry

CARRY_OVER_CASE = "carry_over_case"


async def carry_over_case(tx: Transaction, source_id: UUID, into_id: UUID, moment: Tenant) -> None:
    """The case of the one ends; the other gets one at the same stage, unless it has one, whose stage then stands.

    Refuses: customer_not_known_yet.
    """
    if into_id not in await customers.lock(tx, [source_id, into_id]):
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    await calls.pass_on(tx, source_id, into_id)
    held = await cases.open_of(tx, [source_id, into_id])
    was = held.get(source_id)
    if was is None:
        return
    cases.keep(tx, was.closed(moment.today, MERGED))
    cases.add_entry(tx, was.id, CaseEntry(EntryKind.CLOSED, moment.today, tx.actor, None))
    tx.emit(CaseClosed(customer_id=source_id, case_id=was.id, reason=MERGED, closed_on=moment.today))
    if into_id in held:
        note = f"Case {was.id} of a customer that was merged into this one stood at {was.stage.value}."
        cases.add_entry(tx, held[into_id].id, CaseEntry(EntryKind.NOTE, moment.today, tx.actor, note))
        return
    now = taken_over(was, new_id(), into_id, moment.today)
    cases.add(tx, now)
    cases.add_entry(tx, now.id, CaseEntry(EntryKind.OPENED, moment.today, tx.actor, f"Goes on from case {was.id}."))
    tx.emit(CaseOpened(customer_id=into_id, case_id=now.id, reason=CaseReasonTold(now.reason.value),
                       opened_on=moment.today))
