"""What long runs send, and the claim of their jobs, is planned without reading a growing table from end to end: as the
service's own roles under row-level security, planned once for all values."""

from collections.abc import Iterator
from types import ModuleType

import asyncpg
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.selectable import Select

from billing_svc.store import (
    account_turns,
    arrangements,
    interest,
    interest_accruals,
    interest_runs,
    interest_waiting,
    ledger_import_rows,
    ledger_imports,
    statement_sources,
    statements,
    transfers,
)
from dunlin_kit import idempotency, jobs
from dunlin_kit.grown_tables import growing_read_whole, grown
from dunlin_kit.statements import compiled
from dunlin_kit.testing import DatabaseUrls

SMALL = {"tenant", "alembic_version", "relay_state", "parked_event", "interest_policy", "reference_rate",
         "ledger_import", "interest_run", "statement_run"}
"""A few rows each, however long the service runs; of imports one a file, of runs one each time."""
RUNS = (account_turns, arrangements, interest, interest_accruals, interest_runs, interest_waiting, ledger_import_rows,
        ledger_imports, statement_sources, transfers)
GATHERED = {
    statement_sources.COUNTED: ["customer"],  # how many customers a run of statements is for: it is asked once
    interest_waiting.NOTE_ANEW: ["interest_noted"],  # a row for each account, when a policy is set
}
"""What a run is about, read as a whole, with the table that is."""


def sent_by(module: ModuleType) -> Iterator[str]:
    for name, statement in vars(module).items():
        if isinstance(statement, Select | TextClause) and not name.startswith("_"):
            yield compiled(statement)[0]


async def test_a_long_run_reads_no_growing_table_whole(postgres: str) -> None:
    texts = {text for module in RUNS for text in sent_by(module)}
    texts |= {compiled(one)[0] for one in (idempotency._FIND, statements.RUN)}
    assert {compiled(one)[0] for one in (interest.CONTESTED, statement_sources.LINES, ledger_import_rows.NEXT)} < texts
    async with grown(postgres, "billing", SMALL) as connection:
        assert await growing_read_whole(connection, texts, SMALL) == {
            compiled(one)[0]: tables for one, tables in GATHERED.items()}
        named = await connection.fetchval("SELECT current_database()")
        ops = await asyncpg.connect(DatabaseUrls.of(postgres, "billing", named).ops)
        assert not await growing_read_whole(ops, {jobs._CLAIM}, SMALL)
        await ops.close()
