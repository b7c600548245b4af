"""A subscription: which facts of an owner a consumer hears, and how each is folded into one customer's state."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Protocol
from uuid import UUID

from sqlmodel import SQLModel
from typing_extensions import TypeVar

from dunlin_events.contracts.base import Event

E = TypeVar("E")
S = TypeVar("S", default=Any)
T = TypeVar("T")


class Statements(Protocol):
    """Runs constant statements, one by one."""

    async def row(self, statement: Any, **values: Any) -> Any: ...

    async def rows(self, statement: Any, **values: Any) -> Sequence[Any]: ...


class Tx(Statements, Protocol):
    """What a consumer needs of a transaction; the kit's fulfils it."""

    @property
    def tenant(self) -> UUID: ...

    def insert(self, row: type[SQLModel], /, *rows: Mapping[str, Any]) -> None: ...

    def once(self, row: type[SQLModel], /, *rows: Mapping[str, Any], key: tuple[str, ...] = ...) -> None: ...

    def change(self, row: type[SQLModel], /, *rows: Mapping[str, Any], key: tuple[str, ...] = ...) -> None: ...

    def put(self, row: type[SQLModel], /, *rows: Mapping[str, Any], key: tuple[str, ...] = ...) -> None: ...

    def emit(self, *events: Event) -> None: ...

    def cause(self, correlation_id: str, causation_id: str, /) -> None:
        """What the facts emitted from now on follow from."""

    async def flush(self) -> None: ...

    async def act_for(self, tenant: UUID, /) -> None:
        """Flush, and do what follows for this tenant."""


class Transact(Protocol):
    """Runs `work` in one transaction of a tenant, and again when the database asks for that.

    Raises Away when the database cannot be used now; what any other error says, it says of the work.
    """

    async def __call__(self, tenant: UUID, work: Callable[[Any], Awaitable[T]], /) -> T: ...


Load = Callable[[Any, Sequence[Event]], Awaitable[Mapping[UUID, S]]]
Save = Callable[[Any, Mapping[UUID, S]], Awaitable[None]]


class Subscription(Generic[S]):
    """What `consumer` hears of `owner`.

    `load(tx, events)` gives the states of all customers the events concern, by customer id, locked, in one statement,
    with a blank for one not known yet. `save(tx, states)` gathers the writes and emits; it is called once per cause,
    so it should not read. Both, and every `on_tenant` handler, may run again: no effects outside the transaction.
    """

    def __init__(
        self, *, consumer: str, owner: str, load: Load[S] | None = None, save: Save[S] | None = None
    ) -> None:
        self.consumer, self.owner = consumer, owner
        self.load, self.save = load, save
        self.folds: dict[str, Callable[[Any, S], S]] = {}
        self.tenant_handlers: dict[str, Callable[[Any, Any], Awaitable[None]]] = {}

    def on(self, *facts: type[Event]) -> Callable[[Callable[[E, S], S]], Callable[[E, S], S]]:
        """Fold these facts: a pure function from the fact and the customer's state to the next state."""

        def register(fold: Callable[[E, S], S]) -> Callable[[E, S], S]:
            assert None not in (self.load, self.save), "a fold needs load and save"
            for fact in facts:
                self.folds[self._free(fact)] = fold
            return fold

        return register

    def on_tenant(
        self, *facts: type[Event]
    ) -> Callable[[Callable[[Any, E], Awaitable[None]]], Callable[[Any, E], Awaitable[None]]]:
        """Handle these facts of the tenant's own stream: async, with the transaction, before the batch's folds."""

        def register(handler: Callable[[Any, E], Awaitable[None]]) -> Callable[[Any, E], Awaitable[None]]:
            for fact in facts:
                self.tenant_handlers[self._free(fact)] = handler
            return handler

        return register

    def hears(self, wire_type: str) -> bool:
        """Whether a handler is registered; every other fact only moves the watermark."""
        return wire_type in self.folds or wire_type in self.tenant_handlers

    def _free(self, fact: type[Event]) -> str:
        assert fact.owner == self.owner, f"{fact.__name__} is told by {fact.owner}, not by {self.owner}"
        wire_type = fact.wire_type()
        assert not self.hears(wire_type), f"{fact.__name__} has a handler already"
        return wire_type
