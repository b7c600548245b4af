"""Terms of trade on the wire."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from customer_svc.domain.terms import MAX_INSTALMENTS, WHOLE_BPS, Discount, Instalment, TermsOfTrade
from dunlin_kernel.calendar import MAX_DUE_DAYS


class Sent(BaseModel):
    """A body: nothing beyond what is declared; blanks at the ends of texts are dropped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


Days = Annotated[int, Field(ge=0, le=MAX_DUE_DAYS, strict=True, examples=[30])]


class CustomerInstalmentUpdate(Sent):
    """A share of the total in basis points, due `due_days` after issue or after the end of the month of issue."""

    share_bps: int = Field(gt=0, le=WHOLE_BPS, strict=True, examples=[5000])
    due_days: Days
    end_of_month: bool = Field(default=False, strict=True)


class CustomerDiscountUpdate(Sent):
    """So many basis points less for money that comes within so many days of issue."""

    discount_bps: int = Field(gt=0, lt=WHOLE_BPS, strict=True, examples=[200])
    within_days: Days


Instalments = Annotated[list[CustomerInstalmentUpdate], Field(max_length=MAX_INSTALMENTS)]


class CustomerTermsUpdate(Sent):
    """Invoices are due `due_days` after issue, or after the end of the month of issue.

    With instalments in parts: their shares sum to 10,000, they stand in the order in which they fall due, and the
    terms' own days are those of the last. `prepayment_bps` of an order is paid before delivery.
    """

    due_days: Days
    end_of_month: bool = Field(strict=True)
    instalments: Instalments = Field(default_factory=list)
    discount: CustomerDiscountUpdate | None = None
    prepayment_bps: int = Field(default=0, ge=0, le=WHOLE_BPS, strict=True)
    cash_on_delivery: bool = Field(default=False, strict=True)

    def to_terms(self) -> TermsOfTrade:
        """Refuses: bad_terms, bad_instalments, bad_discount, bad_prepayment, bad_cash_terms."""
        return TermsOfTrade(
            self.due_days, self.end_of_month, instalments_of(self.instalments), discount_of(self.discount),
            self.prepayment_bps, self.cash_on_delivery)


def instalments_of(sent: list[CustomerInstalmentUpdate]) -> tuple[Instalment, ...]:
    return tuple(Instalment(one.share_bps, one.due_days, one.end_of_month) for one in sent)


def discount_of(sent: CustomerDiscountUpdate | None) -> Discount | None:
    return Discount(sent.discount_bps, sent.within_days) if sent else None


class CustomerInstalmentRead(BaseModel):
    """A share of the total in basis points, due `due_days` after issue or after the end of the month of issue."""

    share_bps: int
    due_days: int
    end_of_month: bool


class CustomerDiscountRead(BaseModel):
    """So many basis points less for money that comes within so many days of issue."""

    discount_bps: int
    within_days: int


class CustomerTermsRead(BaseModel):
    """Invoices are due `due_days` after issue, or after the end of the month of issue; with instalments in parts."""

    due_days: int
    end_of_month: bool
    instalments: list[CustomerInstalmentRead]
    discount: CustomerDiscountRead | None
    prepayment_bps: int
    cash_on_delivery: bool

    @classmethod
    def of(cls, terms: TermsOfTrade) -> Self:
        early = terms.discount
        return cls(
            due_days=terms.due_days, end_of_month=terms.end_of_month,
            instalments=[CustomerInstalmentRead(
                share_bps=one.share_bps, due_days=one.due_days, end_of_month=one.end_of_month)
                for one in terms.instalments],
            discount=CustomerDiscountRead(discount_bps=early.discount_bps, within_days=early.within_days)
            if early else None,
            prepayment_bps=terms.prepayment_bps, cash_on_delivery=terms.cash_on_delivery)
