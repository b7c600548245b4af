"""Who may be the same customer: by the whole name, whatever its case and width, or by the tax id."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from customer_svc.domain.customer import Customer, CustomerKind, CustomerStatus, Particulars
from customer_svc.domain.likeness import alike
from customer_svc.domain.terms import TermsOfTrade
from dunlin_kernel.ids import CustomerId, new_id


def entry(name: str, tax_id: str | None = None) -> Customer:
    particulars = Particulars(CustomerKind.ORGANIZATION, name, TermsOfTrade(30), tax_id=tax_id)
    return Customer(CustomerId(new_id()), "C-1", CustomerStatus.ACTIVE, particulars, version=1,
                    registered_at=datetime(2026, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize(("one", "other", "same"), [
    (("Müller GmbH", "1"), ("ＭULLER  gmbh", "1"), ("name", "tax_id")), (("华为", None), ("华为", "1"), ("name",)),
    (("A", "91"), ("B", "91"), ("tax_id",)), (("A", None), ("B", None), ()), (("华为", "1"), ("华为贸易", "2"), ())])
def test_who_may_be_the_same(
    one: tuple[str, str | None], other: tuple[str, str | None], same: tuple[str, ...],
) -> None:
    mine, theirs = entry(*one), entry(*other)
    found = alike([mine], [mine, theirs, replace(theirs, id=mine.id)])
    assert [(alike_one.customer, alike_one.same) for alike_one in found.get(mine.id, ())] == (
        [(theirs, same)] if same else [])
