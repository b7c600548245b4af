"""Open a collection case for a customer, by hand."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dunlin_events.contracts.notify_cases import CaseOpened, CaseReasonTold
from dunlin_kernel.errors import Conflict, NotReady
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import CaseAction, CaseReason, CaseStage, CollectionCase, EntryKind
from notify_svc.store import cases, customers
from notify_svc.store.cases import CaseEntry
from notify_svc.usecases.must_be_staff import must_be_staff


@dataclass(frozen=True, slots=True)
class OpenCase:
    """For whom, who works on it, and what is to be done first."""

    customer_id: UUID
    owner_code: str | None
    next_action: CaseAction | None
    next_action_on: date | None
    note: str | None


async def open_case(tx: Transaction, command: OpenCase) -> CollectionCase:
    """Refuses: customer_not_known_yet, case_open_already, owner_not_known, bad_next_action."""
    tenant = await present(tx)
    if command.customer_id not in await customers.lock(tx, [command.customer_id]):
        raise NotReady("customer_not_known_yet", "This service has not heard of the customer yet; try again.")
    if await cases.open_of(tx, [command.customer_id]):
        raise Conflict("case_open_already", "The customer has an open case.")
    await must_be_staff(tx, command.owner_code)
    blank = CollectionCase(
        new_id(), command.customer_id, CaseReason.BY_HAND, CaseStage.COLLECTING, command.owner_code, None, None,
        tenant.today, tx.actor, version=0)
    case = blank.advanced(stage=blank.stage, action=command.next_action, on=command.next_action_on)
    cases.add(tx, case)
    cases.add_entry(tx, case.id, CaseEntry(EntryKind.OPENED, tenant.today, tx.actor, command.note))
    tx.emit(CaseOpened(customer_id=case.customer_id, case_id=case.id, reason=CaseReasonTold.BY_HAND,
                       opened_on=tenant.today))
    return case
