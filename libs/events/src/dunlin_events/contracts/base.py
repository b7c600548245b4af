"""The form of every fact: closed for those who write it, open for those who read it, and free of personal data."""

from datetime import datetime
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dunlin_kernel.money import Money

FACTS: dict[str, type["Event"]] = {}
"""Every contract by its wire type, filled as the contract modules are imported."""


@cache
def import_contracts() -> None:
    """Import every module of contracts: from then on FACTS has all there are."""
    package = import_module(__name__.rpartition(".")[0])
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


class Wire(BaseModel):
    """A part of a fact."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Amount(Wire):
    """Money on the wire: a decimal text with exactly the currency's digits, and the currency."""

    amount: str = Field(examples=["1234.50"], pattern=r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$", max_length=24)
    currency: str = Field(examples=["CNY"], pattern=r"^[A-Z]{3}$")

    @classmethod
    def of(cls, money: Money) -> "Amount":
        return _amount_of(money.minor, money.currency)

    @property
    def money(self) -> Money:
        """Refuses: unknown_currency, malformed_amount, wrong_precision, amount_too_large."""
        return _money_of(self.amount, self.currency)


@lru_cache(maxsize=2048)
def _amount_of(minor: int, currency: str) -> Amount:
    """One for all that say the same: it is frozen, and a request says most of its amounts several times."""
    return Amount(amount=Money(minor, currency).amount, currency=currency)


@lru_cache(maxsize=2048)
def _money_of(amount: str, currency: str) -> Money:
    """The same the other way: of the four amounts of a fact two are zero, as a rule."""
    return Money.parse(amount, currency)


class AccountFigures(Wire):
    """A customer's account in one currency right after a fact: what a hearer proves its own copy against."""

    open: Amount
    disputed: Amount
    unapplied: Amount


class Heard(NamedTuple):
    """What the envelope says of a fact that was heard; the runtime gives it to the event before its handler sees it."""

    tenant_id: UUID
    event_id: UUID
    sequence: int
    recorded_at: datetime
    correlation_id: str


class Event(Wire):
    """A fact of the past. A subclass names its owner; its class name is the fact."""

    # A slot: a private attribute would cost every hearer more than the rest of the fact's making.
    __slots__ = ("_heard",)

    owner: ClassVar[str]
    major: ClassVar[int] = 1
    examples: ClassVar[tuple[dict[str, object], ...]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "owner" in cls.__dict__ or hasattr(cls, "owner"):
            wire_type = cls.wire_type()
            if not cls.__dict__.get("__doc__"):
                raise TypeError(f"{cls.__name__} has no docstring: it is the sentence in docs/events.md")
            FACTS[wire_type] = cls

    @classmethod
    def wire_type(cls) -> str:
        """`dunlin.billing.InvoiceIssued.v1`"""
        return f"dunlin.{cls.owner}.{cls.__name__}.v{cls.major}"

    @property
    def concerns(self) -> UUID | None:
        """The customer in whose stream the fact stands; None for the tenant's own stream."""
        return None

    @property
    def heard(self) -> Heard:
        """Tenant, sequence and recording time of a fact that came over the bus; an assertion on one that did not."""
        heard: Heard | None = getattr(self, "_heard", None)
        assert heard is not None, "this fact was not heard but made here"
        return heard

    def hear(self, heard: Heard) -> Self:
        """This fact, with what its envelope says."""
        object.__setattr__(self, "_heard", heard)
        return self

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Read a payload as a hearer does: unknown fields are passed over."""
        return cls.model_validate_json(payload, extra="ignore")


class CustomerEvent(Event):
    """A fact about one customer: it stands in that customer's stream."""

    customer_id: UUID

    @property
    def concerns(self) -> UUID | None:
        return self.customer_id
