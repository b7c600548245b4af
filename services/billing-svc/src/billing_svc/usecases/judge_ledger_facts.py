"""Judge facts of an older ledger against what is in the books: one look per kind, whatever their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from billing_svc.domain.customer import Customer
from billing_svc.domain.ledger_import import Tally, Turn
from billing_svc.domain.ledger_judgement import (
    Judged,
    OwedItem,
    Refused,
    Targets,
    judge_invoices,
    judge_payments,
    judge_rates,
)
from billing_svc.domain.ledger_row import LedgerPart, StagedFact
from billing_svc.store import ledger_import_looks, ledger_import_rows, periods
from billing_svc.usecases.carrying import rates_of
from dunlin_kit.transaction import Transaction

Customers = Mapping[str, Customer]


@dataclass(frozen=True, slots=True)
class LedgerJudgement:
    """The new facts in their order, what the payments among them pay, and what came of the others."""

    new: tuple[StagedFact, ...]
    targets: Targets
    refused: tuple[Refused, ...]
    tally: Tally


async def judge_ledger_facts(
    tx: Transaction, import_id: UUID, facts: Sequence[StagedFact], customers: Customers,
) -> LedgerJudgement:
    """Judge them. The books are read before any lock, which spares refusals: the posting reads them again."""
    tenant, books = await periods.present_books(tx)
    foreign = {fact.amount.currency for fact in facts} - {tenant.currency}
    rated = judge_rates(facts, await rates_of(tx, foreign, tenant.currency, books))
    billed = [fact for fact in rated.new if fact.part is LedgerPart.INVOICE]
    paid = [fact for fact in rated.new if fact.part is LedgerPart.PAYMENT]
    known = await ledger_import_looks.known_invoices(tx, [fact.external_id for fact in billed])
    invoices = _with_refused(judge_invoices(billed, customers, known, books), rated.refused)
    targets = await _targets(tx, import_id, paid, invoices, customers)
    received = await ledger_import_looks.known_payments(tx, [fact.external_id for fact in paid])
    payments = judge_payments(paid, customers, received, targets, books)
    refused = invoices.refused + payments.refused
    return LedgerJudgement(
        tuple(sorted(invoices.new + payments.new, key=Turn.of)), targets, refused,
        Tally(len(invoices.new), len(payments.new), len(invoices.unchanged) + len(payments.unchanged), len(refused)))


def _with_refused(judged: Judged, before: tuple[Refused, ...]) -> Judged:
    return replace(judged, refused=before + judged.refused)


async def _targets(
    tx: Transaction, import_id: UUID, paid: Sequence[StagedFact], invoices: Judged, customers: Customers,
) -> Targets:
    named = {fact.invoice_external_id for fact in paid if fact.invoice_external_id is not None}
    items = await ledger_import_looks.owed_items(tx, named)
    new = {fact.external_id: OwedItem(None, customers[fact.customer_external_id].id, fact.amount)
           for fact in invoices.new}
    refused = await ledger_import_rows.refused_invoices(tx, import_id, named - items.keys() - new.keys())
    return Targets({**items, **new}, refused | {
        one.external_id for one in invoices.refused if one.external_id and one.part is LedgerPart.INVOICE})
