"""Steps with customers that turn out to be one: what stood under the one goes on under the other."""

from uuid import UUID

from books_machine import BooksMachine
from naive_books import Debt, Money, Side
from stepping import PICK, rule

from billing_svc.jobs.transfer_balances import transfer_balances
from dunlin_events.contracts.customer_groups import CustomersMerged


class MergerSteps(BooksMachine):
    """Two customers at least go on."""

    @rule(often=1, when=lambda self: len(self.company.customers) > 2, which=PICK, other=PICK)
    def merge(self, which: int, other: int) -> None:
        source = self.company.customer(which)
        into = [one for one in self.company.customers if one != source][other % (len(self.company.customers) - 1)]
        self.company.hear(CustomersMerged(
            customer_id=UUID(source), source_id=UUID(source), source_number="C-1", into_id=UUID(into),
            into_number="C-2"))
        self.company.work(transfer_balances=transfer_balances)
        del self.company.customers[source]
        for money in self.books.announced.values():
            money.customer = into if money.customer == source else money.customer
        held: dict[str, Debt | Money] = {**self.books.debts, **self.books.moneys}
        for ref, one in held.items():
            if one.customer == source:
                minor = self.books.balance(ref)
                left = self.move(ref, -minor, self.today, side=Side.PASSED)
                one.customer = into
                if minor:
                    self.moved("merge", left, self.move(ref, minor, self.today, side=Side.PASSED))
        self.office.done["merge"] += 1
