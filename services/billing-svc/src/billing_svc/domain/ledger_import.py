"""Taking an older ledger over: its states, what came of it so far, and whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from billing_svc.domain.customer import Customer
from billing_svc.domain.ledger_row import StagedFact
from dunlin_kernel.errors import NotReady
from dunlin_kernel.lifecycle import Lifecycle


class LedgerImportStatus(StrEnum):
    """`receiving` rows, then `running`, then `ended`, also by being cancelled: with its refusals in a report."""

    RECEIVING = "receiving"
    RUNNING = "running"
    ENDED = "ended"


LEDGER_IMPORT_LIFECYCLE = Lifecycle("ledger_import", {
    LedgerImportStatus.RECEIVING: {LedgerImportStatus.RUNNING, LedgerImportStatus.ENDED},
    LedgerImportStatus.RUNNING: {LedgerImportStatus.ENDED},
    LedgerImportStatus.ENDED: set(),
})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many facts were taken, were there already, or were refused."""

    invoices: int = 0
    payments: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.invoices + other.invoices, self.payments + other.payments,
                     self.unchanged + other.unchanged, self.refused + other.refused)

    @property
    def judged(self) -> int:
        return self.invoices + self.payments + self.unchanged + self.refused


class Turn(NamedTuple):
    """A place in the order in which facts are taken: by day, invoices before payments, by line."""

    on: date
    part: str
    line: int

    @classmethod
    def of(cls, fact: StagedFact) -> "Turn":
        return cls(fact.order_on, fact.part.value, fact.line)


FIRST_TURN = Turn(date.min, "", 0)


@dataclass(frozen=True, slots=True)
class LedgerImport:
    """One taking-over of a file: its invoices are numbered in a series of their own, since they may be older than any.

    `digest` says which file read in which way; `last_line` is the last one received; `turn` is that of the last fact
    judged; `total` counts facts to judge.
    """

    id: UUID
    name: str
    digest: str
    status: LedgerImportStatus
    series: str
    last_line: int
    operation_id: UUID | None
    round: int
    turn: Turn
    total: int
    tally: Tally
    started_by: str

    def after(self, facts: Sequence[StagedFact], tally: Tally) -> "LedgerImport":
        """These facts, whose turn it was, have been judged."""
        return replace(self, turn=Turn.of(facts[-1]), tally=self.tally + tally)

    def to(self, status: LedgerImportStatus) -> "LedgerImport":
        """Refuses: illegal_transition."""
        return replace(self, status=LEDGER_IMPORT_LIFECYCLE.advance(self.status, status))

    def cancelled(self, refused: int) -> "LedgerImport":
        """It ends as it stands: so many were refused in all, and none are left. Refuses: illegal_transition."""
        tally = replace(self.tally, refused=refused)
        return replace(self.to(LedgerImportStatus.ENDED), total=tally.judged, tally=tally)


def heard_first(facts: Sequence[StagedFact], heard: Mapping[str, Customer]) -> Sequence[StagedFact]:
    """The facts before the first whose customer was not heard of: later ones wait too, so that time is kept.

    Refuses: customer_not_known_yet.
    """
    ready = list(takewhile(lambda fact: fact.customer_external_id in heard, facts))
    if not ready:
        raise NotReady("customer_not_known_yet", "This customer has not been heard of here yet.", line=facts[0].line)
    return ready
