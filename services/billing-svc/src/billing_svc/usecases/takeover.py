"""A takeover: what all facts of one slice of an import are judged by, and how a judgement is kept."""

from collections.abc import Mapping
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

    def keep(self, judged: Judged) -> Tally:
        """Those that are refused get into the report; the caller counts the new ones."""
        ledger_import_rows.refuse(self.tx, self.import_id, judged.refused)
        return Tally(unchanged=len(judged.unchanged), refused=len(judged.refused))
