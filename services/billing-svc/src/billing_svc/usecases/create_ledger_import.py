"""Begin to take an older ledger over, or go on with the import of the same file that has not ended."""

from dataclasses import dataclass

from billing_svc.domain.ledger_import import FIRST_TURN, LedgerImport, LedgerImportStatus, Tally
from billing_svc.store import audit, ledger_imports
from dunlin_kernel.ids import new_id
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

SERIES = "IMP"


@dataclass(frozen=True, slots=True)
class CreateLedgerImport:
    """The wish to take a file over; `digest` says which file, read in which way."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class BegunImport:
    """`is_new` False: it was under way."""

    ledger_import: LedgerImport
    is_new: bool


async def create_ledger_import(tx: Transaction, wish: CreateLedgerImport) -> BegunImport:
    """Begin, with a number series that no other import has. Refuses: tenant_not_known_yet."""
    under_way = await ledger_imports.under_way(tx, wish.digest)
    if under_way is not None:
        return BegunImport(under_way, False)
    now = (await present(tx)).now
    made = LedgerImport(
        new_id(), wish.name, wish.digest, LedgerImportStatus.RECEIVING, f"{SERIES}{await ledger_imports.count(tx) + 1}",
        last_line=0, operation_id=None, round=0,
        turn=FIRST_TURN, total=0, tally=Tally(), started_by=tx.actor)
    ledger_imports.add(tx, made, now)
    audit.add(tx, "ledger_import_begun", made.id, customer_id=None, recorded_at=now, after={"name": made.name})
    return BegunImport(made, True)
