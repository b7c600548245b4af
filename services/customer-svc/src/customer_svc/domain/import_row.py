"""A row of a file of customers, as texts: read into a registration, or refused with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer_svc.domain.customer import CustomerKind, CustomerStatus, Particulars
from customer_svc.domain.customer_number import checked_number
from customer_svc.domain.registration import Registration, Row
from customer_svc.domain.terms import Discount, Instalment, TermsOfTrade
from dunlin_kernel.errors import DomainError, RuleBroken
from dunlin_kernel.ids import CustomerId

FIRST_STATUSES = {status.value: status for status in (CustomerStatus.PROSPECT, CustomerStatus.ACTIVE)}


@dataclass(frozen=True, slots=True)
class RowTexts:
    """What a row says, by the names of the fields of terms and particulars; an empty text is a missing one.

    `unreadable`: what of it is no such value.
    """

    line: int
    external_id: str
    name: str
    due_days: int
    end_of_month: bool
    number: str | None
    kind: str | None
    status: str | None
    tax_id: str | None
    region: str | None
    industry: str | None
    source: str | None
    instalments: Sequence[Mapping[str, Any]]
    discount: Mapping[str, Any] | None
    prepayment_bps: int
    cash_on_delivery: bool
    tags: Sequence[str]
    metadata: Mapping[str, str]
    unreadable: str | None = None


def read_row(customer_id: CustomerId, texts: RowTexts) -> Row:
    """Who it becomes if it is new, or why it cannot be read."""
    try:
        return Row(texts.line, _registration(customer_id, texts))
    except DomainError as wrong:
        return Row(texts.line, wrong)


def _registration(customer_id: CustomerId, texts: RowTexts) -> Registration:
    if texts.unreadable is not None:
        raise RuleBroken("bad_cell", f"{texts.unreadable}.")
    kind, status = texts.kind or CustomerKind.ORGANIZATION.value, texts.status or CustomerStatus.ACTIVE.value
    if kind not in set(CustomerKind):
        raise RuleBroken("bad_kind", "A customer is an organization or a person.")
    if status not in FIRST_STATUSES:
        raise RuleBroken("bad_first_status", "A customer begins as prospect or active.")
    particulars = Particulars(
        CustomerKind(kind), texts.name, _terms(texts), texts.external_id or None, texts.tax_id or None,
        texts.region or None, texts.industry or None, texts.source or None, tuple(texts.tags), texts.metadata)
    number = checked_number(texts.number) if texts.number else None
    return Registration(customer_id, number, FIRST_STATUSES[status], particulars)


def _terms(texts: RowTexts) -> TermsOfTrade:
    return TermsOfTrade(
        texts.due_days, texts.end_of_month, tuple(Instalment(**one) for one in texts.instalments),
        Discount(**texts.discount) if texts.discount else None, texts.prepayment_bps, texts.cash_on_delivery)
