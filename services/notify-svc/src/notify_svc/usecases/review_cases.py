"""Once a day: open cases where the policy asks for one, and close those that are over."""

from collections.abc import Sequence
from uuid import UUID

from dunlin_events.contracts.notify_cases import CaseClosed, CaseOpened, CaseReasonTold
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import Tenant
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import CaseAction, CaseReason, CaseStage, CollectionCase, EntryKind
from notify_svc.store import cases, collection_policies, customers, exchange_rates, item_history, items
from notify_svc.store.cases import CaseEntry

SETTLED = "settled"


async def review_cases(tx: Transaction, moment: Tenant, customer_ids: Sequence[UUID]) -> None:
    """These customers only. A case opened by rule begins with a call; one of a customer who paid is closed."""
    policy = (await collection_policies.in_force(tx, moment.currency)).policy
    await customers.lock(tx, customer_ids)
    rates = await exchange_rates.of_today(tx, moment)
    open_cases = await cases.open_of(tx, customer_ids)
    owed = await items.open_of_all(tx, customer_ids)
    claimed = await item_history.claimed_of(tx, open_cases)
    for customer_id in customer_ids:
        own, case = owed.get(customer_id, []), open_cases.get(customer_id)
        reason = policy.opens(own, moment.today, rates)
        if case is None and reason is not None:
            _open(tx, customer_id, reason, moment)
        elif case is not None and case.over(own, moment.today, claimed=customer_id in claimed):
            _close(tx, case, moment)


def _open(tx: Transaction, customer_id: UUID, reason: CaseReason, moment: Tenant) -> None:
    case = CollectionCase(
        new_id(), customer_id, reason, CaseStage.COLLECTING, None, CaseAction.CALL, moment.today, moment.today,
        tx.actor)
    cases.add(tx, case)
    cases.add_entry(tx, case.id, CaseEntry(EntryKind.OPENED, moment.today, tx.actor, None))
    tx.emit(CaseOpened(customer_id=customer_id, case_id=case.id, reason=CaseReasonTold(reason.value),
                       opened_on=moment.today))


def _close(tx: Transaction, case: CollectionCase, moment: Tenant) -> None:
    closed = case.closed(moment.today, SETTLED)
    cases.keep(tx, closed)
    cases.add_entry(tx, case.id, CaseEntry(EntryKind.CLOSED, moment.today, tx.actor, None))
    tx.emit(CaseClosed(customer_id=case.customer_id, case_id=case.id, reason=SETTLED, closed_on=moment.today))
