"""A takeover: what all facts of one slice of an import are judged by, and how a judgement is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from billing_svc.domain.customer import Customer
from billing_svc.domain.ledger_import import Tally
from billing_svc.domain.ledger_judgement import Judged
from billing_svc.domain.ledger_row import StagedFact
from billing_svc.domain.posting_dates import Books
from billing_svc.store import ledger_import_rows
from dunlin_kit.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Takeover:
    """`books` are read before the posting barrier: they spare a refusal, and the posting itself reads them again."""

    tx: Transaction
    import_id: UUID
    series: str
    customers: Mapping[str, Customer]
    books: Books

    def customer_of(self, fact: StagedFact) -> UUID:
        return self.customers[fact.customer_external_id].id

    async def keep(self, facts: Sequence[StagedFact], judged: Judged) -> Tally:
        """These facts have had their turn; the caller counts the new ones."""
        await ledger_import_rows.remove(self.tx, self.import_id, facts)
        ledger_import_rows.refuse(self.tx, self.import_id, judged.refused)
        return Tally(unchanged=len(judged.unchanged), refused=len(judged.refused))
