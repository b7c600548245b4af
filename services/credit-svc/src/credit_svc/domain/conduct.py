"""A customer's conduct as billing's facts tell it: what was billed, paid late or in time, given back and contested."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from credit_svc.domain.willingness import MUCH_LATE_DAYS, LearntPayment, PaymentRecord
from dunlin_kernel.money import Money


class MarkKind(StrEnum):
    """What is counted beside payments."""

    RETURNED_PAYMENT = "returned_payment"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that counts once: the payment that was returned, the dispute that was opened or lost."""

    kind: MarkKind
    subject_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class BilledInvoice:
    """What was billed incl. tax, on which day, due after how many days (by amount, where it has several due dates)."""

    id: UUID
    amount: Money
    issued_on: date
    due_days: int


@dataclass(frozen=True, slots=True)
class Conduct:
    """One customer while facts are folded in. `known` are payments already learnt that the facts name; `learnt` and
    `unlearnt` are what changed."""

    records: Mapping[str, PaymentRecord] = field(default_factory=dict)
    known: Mapping[UUID, LearntPayment] = field(default_factory=dict)
    learnt: Mapping[UUID, LearntPayment] = field(default_factory=dict)
    unlearnt: Mapping[UUID, LearntPayment] = field(default_factory=dict)
    billed: tuple[BilledInvoice, ...] = ()
    voided: tuple[UUID, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def has_changed(self) -> bool:
        """Whether anything came in."""
        return bool(self.learnt or self.unlearnt or self.billed or self.voided or self.marks)

    @property
    def worsens(self) -> bool:
        """Whether what came in is a reason to look at the customer now."""
        late = any(one.days_late > MUCH_LATE_DAYS for one in self.learnt.values())
        return late or any(mark.kind is not MarkKind.DISPUTE_OPENED for mark in self.marks)

    def paid(self, one: LearntPayment) -> Self:
        """Learn a payment, once per allocation."""
        if one.allocation_id in self.known:
            return self
        return replace(
            self, records=self._records(self._record(one).learning(one), one),
            known={**self.known, one.allocation_id: one}, learnt={**self.learnt, one.allocation_id: one})

    def undone(self, allocation_id: UUID) -> Self:
        """Un-learn what this allocation taught; one that taught nothing changes nothing."""
        one = self.known.get(allocation_id)
        if one is None:
            return self
        known, learnt = dict(self.known), dict(self.learnt)
        del known[allocation_id]
        learnt.pop(allocation_id, None)
        return replace(
            self, records=self._records(self._record(one).unlearning(one), one), known=known, learnt=learnt,
            unlearnt={**self.unlearnt, allocation_id: one})

    def billing(self, one: BilledInvoice) -> Self:
        return replace(self, billed=(*self.billed, one))

    def voiding(self, invoice_id: UUID) -> Self:
        return replace(self, voided=(*self.voided, invoice_id))

    def marked(self, mark: Mark) -> Self:
        return replace(self, marks=(*self.marks, mark))

    def _record(self, one: LearntPayment) -> PaymentRecord:
        return self.records.get(one.amount.currency, PaymentRecord())

    def _records(self, record: PaymentRecord, one: LearntPayment) -> Mapping[str, PaymentRecord]:
        return {**self.records, one.amount.currency: record}
