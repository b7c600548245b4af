"""An invoice on the wire: what is sent to make one, and what is answered."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from billing_svc.api.shapes import Body, Code, Currency, DecimalText, ItemRead, Labels, decimal_text
from billing_svc.domain.instalments import MAX_INSTALMENTS, Instalment
from billing_svc.domain.invoice import DraftInvoice, InvoiceStatus, Parties
from billing_svc.domain.invoice_totals import MAX_LINES, Line, LineDraft, TaxRounding
from billing_svc.domain.item import Item
from billing_svc.domain.ledger import Origin
from billing_svc.domain.numbering import DEFAULT_SERIES
from billing_svc.domain.voiding import VoidReason, VoidWish
from billing_svc.usecases.create_invoice import CreateInvoice
from billing_svc.usecases.issue_invoice import InvoiceView
from dunlin_events.contracts.base import Amount
from dunlin_kernel.ids import NIL, new_id
from dunlin_kit.wire import Day

MAX_BATCH = 500


class InvoiceSettlement(StrEnum):
    """How far an issued invoice is paid; derived, never stored."""

    OPEN = "open"
    PARTIAL = "partial"
    SETTLED = "settled"


class InvoiceLineCreate(Body):
    """What is sold. `unit_price` is in major units before tax, `tax_rate` in percent; all three are decimal texts."""

    description: str = Field(min_length=1, max_length=500)
    product: Code | None = None
    quantity: DecimalText = Field(examples=["4"])
    unit_price: DecimalText = Field(examples=["1000.00"])
    tax_rate: DecimalText = Field(examples=["13"])

    def to_line(self) -> LineDraft:
        return LineDraft(self.description, self.product, Decimal(self.quantity), Decimal(self.unit_price),
                         Decimal(self.tax_rate))


class InvoiceInstalmentCreate(Body):
    """So much is due on this day."""

    due_on: Day
    amount: Amount


class InvoiceUpdate(Body):
    """The whole content of a draft. Without `issued_on` it is the day of issue.

    Without `due_on` and `instalments` the customer's terms decide; instalments sum to the total, to the cent.
    """

    currency: Currency
    lines: Annotated[list[InvoiceLineCreate], Field(min_length=1, max_length=MAX_LINES)]
    tax_rounding: TaxRounding = TaxRounding.RATE
    series: str = Field(default=DEFAULT_SERIES, pattern=r"^[A-Z][A-Z0-9]{0,11}$")
    issued_on: Day | None = None
    due_on: Day | None = None
    instalments: Annotated[list[InvoiceInstalmentCreate], Field(max_length=MAX_INSTALMENTS)] = Field(
        default_factory=list)
    authorization_id: UUID | None = Field(default=None, description="The credit authorization this invoice captures.")
    order_reference: Code | None = Field(
        default=None, description="The order that it bills: a deposit paid on that pays it.", examples=["SO-1"])
    final: bool = Field(default=False, description="Nothing more will be billed against the authorization.")
    delivery_ids: Annotated[list[UUID], Field(max_length=MAX_LINES, description=(
        "Deliveries that this invoice bills whole; those of the authorization it names are billed by themselves."))] = (
        Field(default_factory=list))
    metadata: Labels = Field(default_factory=dict)

    def to_draft(self, invoice_id: UUID, customer_id: UUID = NIL, external_id: str | None = None) -> DraftInvoice:
        return DraftInvoice(
            id=invoice_id, customer_id=customer_id, currency=self.currency,
            lines=tuple(line.to_line() for line in self.lines), tax_rounding=self.tax_rounding, series=self.series,
            issued_on=self.issued_on, due_on=self.due_on,
            instalments=tuple(Instalment(one.due_on, one.amount.money) for one in self.instalments),
            external_id=external_id, authorization_id=self.authorization_id, order_reference=self.order_reference,
            final=self.final, labels=self.metadata, delivery_ids=tuple(dict.fromkeys(self.delivery_ids)))


class InvoiceCreate(InvoiceUpdate):
    """An invoice to be made: a draft, or with `issue` true issued at once."""

    id: UUID | None = None
    customer_id: UUID
    external_id: Code | None = None
    issue: bool = False

    def to_wish(self) -> CreateInvoice:
        return CreateInvoice(self.to_draft(self.id or new_id(), self.customer_id, self.external_id), self.issue)


class InvoiceIssue(Body):
    """The issue date: today when it is left out of draft and body."""

    issued_on: Day | None = None


class InvoiceVoid(Body):
    """Why it is voided. Without `effective_on`: its issue date, or the first open day after it."""

    reason: VoidReason
    effective_on: Day | None = None

    def to_wish(self, invoice_id: UUID) -> VoidWish:
        return VoidWish(invoice_id, self.reason, self.effective_on)


class InvoiceBatchCreate(Body):
    """Invoices to be made together: all or none."""

    invoices: Annotated[list[InvoiceCreate], Field(min_length=1, max_length=MAX_BATCH)]


class InvoiceLineRead(BaseModel):
    """A line with its amounts."""

    position: int
    description: str
    product: str | None
    quantity: str
    unit_price: str
    tax_rate: str
    net: Amount
    tax: Amount

    @classmethod
    def of(cls, line: Line) -> Self:
        sold = line.sold
        return cls(
            position=line.position, description=sold.description, product=sold.product,
            quantity=decimal_text(sold.quantity), unit_price=decimal_text(sold.unit_price),
            tax_rate=decimal_text(sold.tax_rate), net=Amount.of(line.net), tax=Amount.of(line.tax))


class InvoicePartiesRead(BaseModel):
    """Who invoices whom, as both were known at issue; a natural person's name stays with the archive."""

    seller_name: str
    buyer_number: str
    buyer_name: str | None
    buyer_tax_id: str | None

    @classmethod
    def of(cls, parties: Parties) -> Self:
        return cls(seller_name=parties.seller, buyer_number=parties.buyer.number, buyer_name=parties.buyer.name,
                   buyer_tax_id=parties.buyer.tax_id)


class InvoiceRead(BaseModel):
    """An invoice. `number` is null until issue; `settlement` in a draft and once void. Its ETag is its version.

    `items` are its instalments, by due date; `due_on` is the day by which all of it is due.
    """

    id: UUID
    customer_id: UUID
    status: InvoiceStatus
    settlement: InvoiceSettlement | None
    number: str | None
    series: str
    external_id: str | None
    issued_on: date | None
    due_on: date | None
    net: Amount
    tax: Amount
    total: Amount
    tax_rounding: TaxRounding
    lines: list[InvoiceLineRead]
    items: list[ItemRead]
    parties: InvoicePartiesRead | None
    voided_on: date | None
    void_reason: VoidReason | None
    authorization_id: UUID | None
    order_reference: str | None
    final: bool
    delivery_ids: list[UUID]
    origin: Origin
    metadata: dict[str, str]
    version: int

    @classmethod
    def of(cls, view: InvoiceView) -> Self:
        invoice, wish, totals = view.invoice, view.invoice.wish, view.invoice.totals
        return cls(
            id=invoice.id, customer_id=wish.customer_id, status=invoice.status,
            settlement=settlement_of(invoice.status, view.items),
            number=invoice.number, series=wish.series, external_id=wish.external_id, issued_on=invoice.issued_on,
            due_on=invoice.due_on, net=Amount.of(totals.net), tax=Amount.of(totals.tax), total=Amount.of(totals.total),
            tax_rounding=wish.tax_rounding, lines=[InvoiceLineRead.of(line) for line in totals.lines],
            items=[ItemRead.of(item) for item in view.items],
            parties=InvoicePartiesRead.of(invoice.parties) if invoice.parties else None,
            voided_on=view.void.effective_on if view.void else None,
            void_reason=view.void.reason if view.void else None, authorization_id=wish.authorization_id,
            order_reference=wish.order_reference, final=wish.final, delivery_ids=list(wish.delivery_ids),
            origin=wish.origin, metadata=dict(wish.labels), version=invoice.version)


class InvoiceBatchRead(BaseModel):
    """The invoices made, in the order in which they were sent."""

    data: list[InvoiceRead]


def settlement_of(status: InvoiceStatus, items: tuple[Item, ...]) -> InvoiceSettlement | None:
    """Open, partial or settled over all items of an issued invoice; None for a draft and once it is void."""
    if status is not InvoiceStatus.ISSUED:
        return None
    if all(item.is_settled and item.lost.is_zero for item in items):
        return InvoiceSettlement.SETTLED
    untouched = all(item.open == item.amount for item in items)
    return InvoiceSettlement.OPEN if untouched else InvoiceSettlement.PARTIAL
