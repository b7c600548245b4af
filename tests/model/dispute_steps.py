"""Steps with what is contested: an amount of an item is disputed, and the dispute ends by a word or by money."""

from books_machine import BooksMachine, one_of
from books_office import amount, minor_of
from naive_books import Dispute
from stepping import AMOUNTS, PICK, among, rule


class DisputeSteps(BooksMachine):
    """Figures of the ledger do not move by a dispute: only what is disputed of an item."""

    def begin(self) -> None:
        super().begin()
        self.told: dict[str, int] = {}

    @rule(when=lambda self: self.books.debts, which=PICK, minor=AMOUNTS)
    def dispute(self, which: int, minor: int) -> None:
        debt = one_of(self.books.debts, which)
        left = self.books.balance(debt.item) - self.books.disputed(debt.item)
        said = self.company.post("/disputes", {
            "item_id": debt.item, "reason": "quality", "amount": amount(minor, debt.currency)})
        if said.status_code != 201:
            assert minor > left, said.text
            self.refused("dispute", said, "more_than_open", "nothing_to_dispute", "more_than_undisputed")
            return
        assert minor <= left
        made = said.json()
        self.books.disputes[made["id"]] = Dispute(made["id"], debt.item, minor, self.today)
        self.office.done["dispute"] += 1

    @rule(when=lambda self: self.books.disputes, which=PICK, how=among("accepted", "rejected", "withdrawn"))
    def settle(self, which: int, how: str) -> None:
        dispute = one_of(self.books.disputes, which)
        said = self.company.post(f"/disputes/{dispute.id}:settle", {"outcome": how})
        if not dispute.minor:
            self.refused("settle", said, "dispute_settled", "illegal_transition")
            return
        assert said.status_code == 200, said.text
        if how == "accepted":
            dispute.accepted.append((self.today, dispute.minor))
        dispute.minor = 0
        self.office.done["settle"] += 1

    def compare(self) -> None:
        super().compare()
        contested = {one.id: one.minor for one in self.books.disputes.values()}
        if contested != self.told:
            self.told = contested
            listed = self.company.get("/disputes?limit=200")["data"]
            held = {one["id"]: minor_of(one["disputed"]) for one in listed}
            assert held == contested
