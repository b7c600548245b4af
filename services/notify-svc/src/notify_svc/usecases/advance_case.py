"""Bring a case to a stage, say what is to be done next, and who does it."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from dunlin_events.contracts.notify_cases import CaseAdvanced
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction
from dunlin_kit.versions import stale
from notify_svc.domain.collection_case import IN_COURT, CaseAction, CaseStage, CollectionCase, EntryKind
from notify_svc.store import cases, customers
from notify_svc.store.cases import CaseEntry
from notify_svc.usecases.must_be_staff import must_be_staff


@dataclass(frozen=True, slots=True)
class AdvanceCase:
    """The case as it was seen, and as it is to stand."""

    case_id: UUID
    expected_version: int
    stage: CaseStage
    owner_code: str | None
    next_action: CaseAction | None
    next_action_on: date | None
    note: str | None


async def advance_case(tx: Transaction, command: AdvanceCase) -> CollectionCase:
    """Refuses: case_not_found, etag_mismatch, illegal_transition, owner_not_known, bad_next_action."""
    tenant = await present(tx)
    await customers.lock(tx, [(await cases.find(tx, command.case_id)).customer_id])
    case = await cases.find(tx, command.case_id)
    if case.version != command.expected_version:
        raise stale()
    if command.owner_code != case.owner_code:
        await must_be_staff(tx, command.owner_code)
    after = case.advanced(stage=command.stage, action=command.next_action, on=command.next_action_on)
    after = replace(after, owner_code=command.owner_code)
    cases.keep(tx, after)
    kind = EntryKind.COURT if IN_COURT & {case.stage, after.stage} else EntryKind.ADVANCED
    cases.add_entry(tx, case.id, CaseEntry(kind, tenant.today, tx.actor, command.note))
    tx.emit(CaseAdvanced(
        customer_id=after.customer_id, case_id=after.id, stage=after.stage.value,
        next_action=after.next_action.value if after.next_action else None, next_action_on=after.next_action_on,
        advanced_on=tenant.today))
    return after
