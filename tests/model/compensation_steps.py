"""Steps with what third parties pay for debts: nothing of the customer's moves, and later receipts are shared."""

from dataclasses import dataclass

from books_machine import BooksMachine, one_of
from books_office import amount, minor_of
from stepping import AMOUNTS, EITHER, PICK, rule


@dataclass
class Insured:
    """So much was paid for an item when so much of it was owed and had been paid; `shared` was passed on since."""

    id: str
    item: str
    minor: int
    claimed: int
    paid: int
    shared: int = 0
    gone: bool = False


class CompensationSteps(BooksMachine):
    """`insured`: by their id."""

    def begin(self) -> None:
        super().begin()
        self.insured = dict[str, Insured]()

    @rule(often=1, when=lambda self: self.books.debts, which=PICK, minor=AMOUNTS, fits=EITHER)
    def compensate(self, which: int, minor: int, fits: bool) -> None:
        debt = one_of(self.books.debts, which)
        owed = self.books.balance(debt.item)
        left = owed - sum(one.minor for one in self.insured.values()
                          if one.item == debt.item and not one.gone)
        minor = minor % left + 1 if fits and left > 0 else minor
        said = self.company.post("/compensations", {
            "item_id": debt.item, "amount": amount(minor, debt.currency), "payer": "Insurer",
            "received_on": self.today.isoformat()})
        if said.status_code != 201:
            assert minor > left or self.today <= self.is_open, said.text
            self.refused("compensate", said, "more_than_open", "period_locked")
            return
        assert minor <= left
        made = said.json()
        self.insured[made["id"]] = Insured(made["id"], debt.item, minor, owed, self._paid(debt.item))
        self.office.done["compensate"] += 1

    @rule(often=4, when=lambda self: self.insured, which=PICK)
    def pass_on(self, which: int) -> None:
        due = {one.id: one for one in self.insured.values() if self._due(one)}
        one = one_of(due or self.insured, which)
        minor = self._due(one)
        said = self.company.post(f"/compensations/{one.id}:share", {})
        if said.status_code != 200:
            assert not minor or self.today <= self.is_open, said.text
            self.refused("pass_on", said, "nothing_to_share", "period_locked", "compensation_reversed")
            return
        one.shared += minor
        assert minor_of(said.json()["shared"]) == one.shared
        self.office.done["pass_on"] += 1

    @rule(often=1, when=lambda self: self.insured, which=PICK)
    def claim_back(self, which: int) -> None:
        one = one_of(self.insured, which)
        said = self.company.post(f"/compensations/{one.id}:reverse", {"reason": "reclaimed"})
        if said.status_code != 200:
            assert one.gone or one.shared == one.minor or self.today <= self.is_open, said.text
            self.refused("claim_back", said, "compensation_reversed", "compensation_shared", "period_locked")
            return
        assert not one.gone
        one.gone = True
        self.office.done["claim_back"] += 1

    def _due(self, one: Insured) -> int:
        if one.gone:
            return 0
        recovered = min(max(self._paid(one.item) - one.paid, 0), one.claimed)
        return max((2 * one.minor * recovered + one.claimed) // (2 * one.claimed) - one.shared, 0)

    def _paid(self, item: str) -> int:
        return sum(share.minor for share in self.books.live()
                   if share.item == item and self.books.moneys[share.credit].kind != "credit-notes")
