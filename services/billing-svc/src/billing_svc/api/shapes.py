"""Wire shapes that several routes of billing share."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from billing_svc.domain.account import Account
from billing_svc.domain.item import Item, ItemKind
from dunlin_events.contracts.base import Amount

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
DecimalText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")]
Labels = Annotated[dict[Annotated[str, StringConstraints(min_length=1, max_length=40)],
                        Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]], Field(max_length=50)]


class Body(BaseModel):
    """What a client sends: nothing that is not declared."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ItemRead(BaseModel):
    """One amount owed on one due date. `open` is what is still owed of it, `disputed` the part of that in dispute.

    Interest and fees have a `number` of their own; `claim_item_id` is the item that they were charged on.
    """

    id: UUID
    customer_id: UUID
    invoice_id: UUID | None
    claim_item_id: UUID | None
    number: str
    kind: ItemKind
    instalment: int = Field(description="Which of the `instalments` of its document it is, from 1.")
    instalments: int
    amount: Amount
    open: Amount
    disputed: Amount
    written_off: Amount = Field(description="Net of what was recovered: not in the books, but claimed still.")
    issued_on: date
    due_on: date
    due_version: int
    arrangement_id: UUID | None
    arranged_due_on: date | None = Field(description="By its arrangement, the day by which its next part is due.")
    discount: Amount | None = Field(description="What is let off the open part when it is paid by `discount_until`.")
    discount_until: date | None

    @classmethod
    def of(cls, item: Item) -> Self:
        until = item.offer.until if item.offer else None
        offered = item.discount_on(until) if until else None
        return cls(
            id=item.id, customer_id=item.customer_id, invoice_id=item.invoice_id, claim_item_id=item.claim_item_id,
            number=item.number, kind=item.kind, instalment=item.instalment, instalments=item.instalments,
            amount=Amount.of(item.amount), open=Amount.of(item.open),
            disputed=Amount.of(item.disputed), written_off=Amount.of(item.lost),
            issued_on=item.effective_on, due_on=item.due_on,
            due_version=item.due_version, arrangement_id=item.arrangement_id,
            arranged_due_on=item.stands_due_on if item.arrangement_id else None,
            discount=Amount.of(offered.total) if offered else None, discount_until=until)


class ItemPartRead(BaseModel):
    """So much of what is open of an item is due by this day."""

    due_on: date
    amount: Amount


class AccountRead(BaseModel):
    """The controls of one account: they are never netted in the books; `net` is `open - unapplied`."""

    open: Amount
    disputed: Amount
    unapplied: Amount
    net: Amount

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(open=Amount.of(account.open), disputed=Amount.of(account.disputed),
                   unapplied=Amount.of(account.unapplied), net=Amount.of(account.net))


def decimal_text(value: Decimal) -> str:
    """A plain decimal text without needless zeros: 4, 0.5, 19.99."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def accounts_read(accounts: Iterable[Account]) -> list[AccountRead]:
    return [AccountRead.of(account) for account in accounts]
