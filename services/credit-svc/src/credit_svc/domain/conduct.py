"""A customer's conduct as billing's facts tell it: what was billed, paid late or in time, given back and contested."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from credit_svc.domain.willingness import MUCH_LATE_DAYS, LearntPayment, PaymentRecord
from dunlin_kernel.frozen import replace
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


RecordKey = tuple[UUID | None, str]


@dataclass(frozen=True, slots=True)
class Conduct:
    """One customer while facts are folded in. `records` stand by whom they are of (None: this one, else one that was
    merged into it) and currency; `known` are payments already learnt that the facts name, `gone` those already undone;
    `learnt` and `unlearnt` are what changed."""

    records: Mapping[RecordKey, PaymentRecord] = field(default_factory=dict)
    known: Mapping[UUID, LearntPayment] = field(default_factory=dict)
    gone: frozenset[UUID] = frozenset()
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

    @property
    def clears(self) -> bool:
        """Whether something that counted against the customer was undone."""
        return any(one.days_late > MUCH_LATE_DAYS for one in self.unlearnt.values())

    def paid(self, one: LearntPayment) -> Self:
        """Learn a payment, once per allocation; one whose undoing was heard before it teaches nothing."""
        if one.allocation_id in self.known:
            return self
        taught = replace(
            self, records=self._records(self._record(one).learning(one), one),
            known={**self.known, one.allocation_id: one}, learnt={**self.learnt, one.allocation_id: one})
        return taught.undone(one) if one.allocation_id in self.gone else taught

    def undone(self, told: LearntPayment) -> Self:
        """Un-learn what this allocation taught; one not heard of yet is remembered as undone."""
        one = self.known.get(told.allocation_id)
        if one is None:
            if told.allocation_id in self.gone:
                return self
            return replace(self, gone=self.gone | {told.allocation_id},
                           unlearnt={**self.unlearnt, told.allocation_id: told})
        known, learnt = dict(self.known), dict(self.learnt)
        del known[one.allocation_id]
        learnt.pop(one.allocation_id, None)
        return replace(
            self, records=self._records(self._record(one).unlearning(one), one), known=known, learnt=learnt,
            gone=self.gone | {one.allocation_id}, unlearnt={**self.unlearnt, one.allocation_id: one})

    def billing(self, one: BilledInvoice) -> Self:
        return replace(self, billed=(*self.billed, one))

    def voiding(self, invoice_id: UUID) -> Self:
        return replace(self, voided=(*self.voided, invoice_id))

    def marked(self, mark: Mark) -> Self:
        return replace(self, marks=(*self.marks, mark))

    def _record(self, one: LearntPayment) -> PaymentRecord:
        return self.records.get((one.under, one.amount.currency), PaymentRecord())

    def _records(self, record: PaymentRecord, one: LearntPayment) -> Mapping[RecordKey, PaymentRecord]:
        return {**self.records, (one.under, one.amount.currency): record}
