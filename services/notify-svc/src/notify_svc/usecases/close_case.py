"""Close a case, for a reason that a person names."""

from uuid import UUID

from dunlin_events.contracts.notify_cases import CaseClosed
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import IN_COURT, CollectionCase, EntryKind
from notify_svc.store import cases, customers
from notify_svc.store.cases import CaseEntry


async def close_case(tx: Transaction, case_id: UUID, *, reason: str, note: str | None) -> CollectionCase:
    """Refuses: case_not_found, illegal_transition."""
    tenant = await present(tx)
    await customers.lock(tx, [(await cases.find(tx, case_id)).customer_id])
    case = await cases.find(tx, case_id)
    closed = case.closed(tenant.today, reason)
    cases.keep(tx, closed)
    if case.stage in IN_COURT:
        cases.add_entry(tx, case_id, CaseEntry(EntryKind.COURT, tenant.today, tx.actor, None))
    cases.add_entry(tx, case_id, CaseEntry(EntryKind.CLOSED, tenant.today, tx.actor, note))
    tx.emit(CaseClosed(customer_id=closed.customer_id, case_id=closed.id, reason=reason, closed_on=tenant.today))
    return closed
