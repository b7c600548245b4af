"""What sums in several currencies are worth together in the tenant's own, so that debts can be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from dunlin_kernel.money import Money, sum_money


@dataclass(frozen=True, slots=True)
class Rates:
    """The tenant's currency, and how much of it a unit of each foreign one is worth on a day, as declared."""

    currency: str
    declared: Mapping[str, Decimal] = field(default_factory=dict)

    def worth(self, sums: Iterable[Money]) -> Money:
        """All together; each is rounded half away from zero, and one without a declared rate counts for nothing."""
        return sum_money(self.currency, map(self._worth, sums))

    def _worth(self, one: Money) -> Money:
        if one.currency == self.currency:
            return one
        return Money.rounded(Decimal(one.amount) * self.declared.get(one.currency, Decimal(0)), self.currency)
