"""What credit needs to know of a customer; the archive itself is customer-svc's."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CustomerStanding:
    """A customer at a sequence of its stream at customer-svc; a natural person's name stays at home (None)."""

    customer_id: UUID
    number: str
    name: str | None
    status: str
    sequence: int
