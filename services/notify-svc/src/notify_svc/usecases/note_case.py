"""Write down what happened in a case: a note, a visit, a talk, a demand that was served, a debt acknowledged."""

from datetime import date
from uuid import UUID

from dunlin_kernel.errors import RuleBroken
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from notify_svc.domain.collection_case import EntryKind
from notify_svc.store import cases, customers
from notify_svc.store.cases import CaseEntry


async def note_case(tx: Transaction, case_id: UUID, kind: EntryKind, note: str, on: date | None = None) -> CaseEntry:
    """Also in a closed case; `on` None: today. Refuses: effective_in_future, case_not_found."""
    tenant = await present(tx)
    if on is not None and on > tenant.today:
        raise RuleBroken("effective_in_future", "What is yet to happen is no entry.", today=str(tenant.today))
    await customers.lock(tx, [(await cases.find(tx, case_id)).customer_id])
    entry = CaseEntry(kind, on or tenant.today, tx.actor, note)
    cases.add_entry(tx, case_id, entry)
    return entry
