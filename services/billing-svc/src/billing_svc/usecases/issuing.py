"""Issuing: drafts of accounts that are held become invoices, one by one, in one posting."""

from collections.abc import Mapping, Sequence
from typing import Self
from uuid import UUID

from billing_svc.domain.customer import Customer, heard_of, invoiceable
from billing_svc.domain.discount import FIRST_DISCOUNT_POLICY, DiscountPolicy, offer_of
from billing_svc.domain.invoice import Invoice, Parties, fact_of_issue, issue, items_of
from billing_svc.domain.item import Item
from billing_svc.domain.numbering import NumberSeries
from billing_svc.domain.overdue import told_before
from billing_svc.store import customers, discounts, items, number_series
from billing_svc.usecases.billing_deliveries import BillingDeliveries
from billing_svc.usecases.posting import Posting
from dunlin_events.contracts.base import AccountFigures, Amount
from dunlin_events.contracts.billing import DeliveryMove, InvoicedItem, InvoicedLine, InvoiceIssued, Origin
from dunlin_kernel.frozen import replace
from dunlin_kernel.ids import new_id


class Issuing:
    """Holds the number series. `save` keeps the items as they then stand; the caller stores the documents."""

    def __init__(
        self, posting: Posting, buyers: Mapping[UUID, Customer], policy: DiscountPolicy,
        to_bill: BillingDeliveries, series: dict[str, NumberSeries],
    ) -> None:
        self._posting, self._buyers, self._policy, self._series = posting, buyers, policy, series
        self._to_bill = to_bill
        self._issued: dict[UUID, tuple[Invoice, tuple[UUID, ...]]] = {}

    @classmethod
    async def begin(
        cls, posting: Posting, drafts: Sequence[Invoice], known: Mapping[UUID, Customer] | None = None,
    ) -> Self:
        """Look up the buyers, unless they were `known` before, and wait for the series last, unless they are held.

        Refuses: customer_not_known_yet, customer_suspended.
        """
        if known is None:
            known = await customers.known(posting.tx, [one.wish.customer_id for one in drafts])
        buyers = {one.wish.customer_id: invoiceable(
            heard_of(known.get(one.wish.customer_id), one.wish.customer_id), agreed_before=one.wish.agreed_before)
            for one in drafts}
        for one in drafts:
            posting.books.open_on(one.issued_on or posting.tenant.today)
        offered = any(buyer.discount for buyer in buyers.values())
        policy = await discounts.policy_in_force(posting.tx) if offered else FIRST_DISCOUNT_POLICY
        to_bill = await BillingDeliveries.begin(posting.tx, drafts)
        names, today = {one.wish.series for one in drafts}, posting.tenant.today
        series = number_series.of_rows(posting.beside, names, today=today) or await number_series.lock(
            posting.tx, names, today=today)
        return cls(posting, buyers, policy, to_bill, series)

    def issue(self, one: Invoice) -> tuple[Invoice, tuple[Item, ...]]:
        """Take the next number and enter what is owed, by due date.

        Refuses: not_a_draft, effective_in_future, period_locked, due_before_issue, date_out_of_range,
        issued_before_series, delivery_not_billable.
        """
        posting, series = self._posting, one.wish.series
        day = posting.books.open_on(one.issued_on or posting.tenant.today)
        number, self._series[series] = self._series[series].take(day)
        parties = Parties(self._buyers[one.wish.customer_id], posting.tenant.name)
        invoice = issue(one, number=number, issued_on=day, parties=parties)
        offer = offer_of(parties.buyer.discount, self._policy, day, invoice.totals.net, invoice.totals.tax)
        unentered = [replace(item, offer=offer) if offer else item for item in items_of(invoice, new_id)]
        posting.items |= {item.id: item for item in unentered}
        figures = posting.post(fact_of_issue(invoice, unentered))
        owed = tuple(posting.items[item.id] for item in unentered)
        posting.tx.emit(_told(invoice, owed, figures, self._to_bill.bill(invoice)))
        self._issued[invoice.id] = invoice, tuple(item.id for item in owed)
        return invoice, owed

    def save(self) -> set[UUID]:
        """Gather items and series; returns the items, whose rows are new. What was saved before is saved no more."""
        posting, issued = self._posting, self._issued
        self._issued = {}
        for invoice, item_ids in issued.values():
            for item in (posting.items[one] for one in item_ids):
                told = told_before(invoice.wish.origin, item.due_on, item.due_version, posting.tenant.today)
                items.add(posting.tx, item, origin=invoice.wish.origin, told_version=told,
                          recorded_at=posting.tenant.now)
        number_series.move(posting.tx, *self._series.values())
        return {one for _, item_ids in issued.values() for one in item_ids}


def _told(
    invoice: Invoice, owed: Sequence[Item], figures: AccountFigures, billed: list[DeliveryMove],
) -> InvoiceIssued:
    wish, totals = invoice.wish, invoice.totals
    assert invoice.number is not None, "an issued invoice has a number"
    return InvoiceIssued(
        customer_id=wish.customer_id, origin=Origin(wish.origin.value), account=figures, invoice_id=invoice.id,
        number=invoice.number, external_id=wish.external_id, issued_on=owed[0].effective_on, net=Amount.of(totals.net),
        tax=Amount.of(totals.tax), total=Amount.of(totals.total),
        lines=[InvoicedLine(product=line.sold.product, quantity=f"{line.sold.quantity:f}", net=Amount.of(line.net),
                            tax=Amount.of(line.tax)) for line in totals.lines],
        items=[InvoicedItem(item_id=item.id, due_on=item.due_on, amount=Amount.of(item.amount)) for item in owed],
        authorization_id=wish.authorization_id, final=wish.final, deliveries=billed)

