"""Plan the next round of an import: a job that takes some slices of it and then lets other work have its turn."""

from dataclasses import replace

from billing_svc.domain.ledger_import import LedgerImport
from billing_svc.store import ledger_imports
from dunlin_kit import jobs
from dunlin_kit.tenants import present
from dunlin_kit.transaction import Transaction

IMPORT_LEDGER = "import_ledger"


async def plan_ledger_round(tx: Transaction, held: LedgerImport) -> LedgerImport:
    """The round after this one; a job of any other round has nothing to do. Refuses: tenant_not_known_yet."""
    planned = replace(held, round=held.round + 1)
    ledger_imports.move(tx, planned)
    payload = {"ledger_import_id": str(planned.id), "round": planned.round}
    jobs.schedule(tx, IMPORT_LEDGER, f"{planned.id}:{planned.round}", (await present(tx)).now, payload)
    return planned
