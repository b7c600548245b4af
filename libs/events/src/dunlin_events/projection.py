"""A projection: what one subscription keeps of an owner's log, table by table, so that it can be built again."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from dunlin_events.subscription import Subscription

Healed = Callable[[Any, Collection[UUID]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Copied:
    """A table of which the log says what stands in it.

    `customer` is the column of the customer in whose stream a row is told of; None for a row per tenant, told of in the
    tenant's own stream. `own` are columns that the log does not tell: they stay as they are. `derived` are columns that
    follow from both: null in a row that was put right, until the service has concluded. `known` is the column that is
    false in a row of which nothing but the key is known: such a row may be missing.
    """

    row: type[SQLModel]
    customer: str | None = "customer_id"
    own: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    known: str | None = None

    @property
    def name(self) -> str:
        return str(self._table.name)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self._table.primary_key.columns)

    @property
    def told(self) -> tuple[str, ...]:
        """The columns beside the key that the log tells."""
        beside = {*self.key, *self.own, *self.derived}
        return tuple(column.name for column in self._table.columns if column.name not in beside)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self._table.columns)

    @property
    def _table(self) -> Any:
        return self.row.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Projection:
    """Tables that `subscription` alone fills; its handlers change nothing else that counts for them.

    `healed(tx, customers)` runs after rows of these customers were put right, at least once, in a transaction of their
    tenant: there the service draws its own conclusions, and may emit.
    """

    name: str
    subscription: Subscription[Any]
    tables: Sequence[Copied]
    healed: Healed | None = None

    @property
    def schema(self) -> str:
        """Where it is built: `rebuild_<name>`."""
        return f"rebuild_{self.name}"
