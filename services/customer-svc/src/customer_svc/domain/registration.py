"""Registering many at once: which rows are new, which are known already, and which are refused, with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from customer_svc.domain.customer import Customer, CustomerStatus, Particulars
from dunlin_kernel.errors import Conflict, DomainError, RuleBroken
from dunlin_kernel.ids import CustomerId


@dataclass(frozen=True, slots=True)
class Registration:
    """One customer to be put into the archive; `number` None takes the next of the series."""

    id: CustomerId
    number: str | None
    status: CustomerStatus
    particulars: Particulars

    def __post_init__(self) -> None:
        if self.status not in (CustomerStatus.PROSPECT, CustomerStatus.ACTIVE):
            raise RuleBroken("bad_first_status", "A customer begins as prospect or active.")


@dataclass(frozen=True, slots=True)
class Known:
    """Those entries of the archive that share an id, a number or an external id with a registration."""

    by_id: Mapping[CustomerId, Customer]
    numbers: frozenset[str]
    by_external_id: Mapping[str, Customer]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an import: its line in the file, and what it says or why it cannot be read."""

    line: int
    content: Registration | DomainError


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken."""

    line: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What becomes of the rows of an import: each is in exactly one of the four.

    `taken` are rows that this very import registered before; `unchanged` holds external ids of customers that were
    there already.
    """

    new: tuple[Registration, ...]
    taken: tuple[Registration, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Refused, ...]


def must_be_free(registrations: Iterable[Registration], known: Known) -> None:
    """Refuses: id_taken, number_taken, external_id_taken."""
    for registration in registrations:
        if registration.id in known.by_id:
            raise Conflict("id_taken", "There is a customer with this id already.")
        if registration.number in known.numbers:
            raise Conflict("number_taken", "This customer number was given before; numbers are never reused.")
        if registration.particulars.external_id in known.by_external_id:
            raise Conflict("external_id_taken", "Another customer carries this external id.")


def sort_rows(rows: Sequence[Row], known: Known) -> Sorted:
    """Judge each row against the archive and the rows before it; the external id says which customer is meant."""
    held: dict[str, tuple[str | None, Particulars]] = {
        key: (customer.number, customer.particulars) for key, customer in known.by_external_id.items()
    }
    numbers = set(known.numbers)
    new: list[Registration] = []
    taken: list[Registration] = []
    unchanged: list[str] = []
    refused: list[Refused] = []
    for row in rows:
        if isinstance(row.content, DomainError):
            refused.append(Refused(row.line, row.content.code, row.content.detail))
            continue
        registration, external_id = row.content, row.content.particulars.external_id
        if external_id is None:
            refused.append(Refused(row.line, "external_id_missing", "A row needs an external id to be known again."))
        elif registration.id in known.by_id:
            taken.append(registration)
        elif external_id in held:
            if _says_the_same(registration, *held[external_id]):
                unchanged.append(external_id)
            else:
                refused.append(Refused(row.line, "row_differs", "This external id is held with other content."))
        elif registration.number in numbers:
            refused.append(Refused(row.line, "number_taken", "This customer number was given before."))
        else:
            held[external_id] = (registration.number, registration.particulars)
            numbers |= {registration.number} if registration.number else set()
            new.append(registration)
    return Sorted(tuple(new), tuple(taken), tuple(unchanged), tuple(refused))


def _says_the_same(registration: Registration, number: str | None, particulars: Particulars) -> bool:
    return registration.particulars == particulars and registration.number in (None, number)
