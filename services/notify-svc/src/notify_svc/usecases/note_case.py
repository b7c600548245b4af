"""Write down what happened in a case: a note, a visit, a talk."""

from uuid import UUID

from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import EntryKind
from notify_svc.store import cases, customers
from notify_svc.store.cases import CaseEntry


async def note_case(tx: Transaction, case_id: UUID, kind: EntryKind, note: str) -> CaseEntry:
    """Also in a closed case. Refuses: case_not_found."""
    tenant = await present(tx)
    await customers.lock(tx, [(await cases.find(tx, case_id)).customer_id])
    entry = CaseEntry(kind, tenant.today, tx.actor, note)
    cases.add_entry(tx, case_id, entry)
    return entry
