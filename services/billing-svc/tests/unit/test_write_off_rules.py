"""Write-offs: who may, how much, the tax in them, and that recoveries give back exactly what was lost."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_svc.domain.bad_debt_policy import (
    FIRST_BAD_DEBT_POLICY,
    BadDebtAccount,
    BadDebtPolicy,
    BadDebtVat,
    tax_part,
)
from billing_svc.domain.giving_up import without_unapplied_note
from billing_svc.domain.invoice_totals import Totals
from billing_svc.domain.item import Item, ItemKind
from billing_svc.domain.write_off import (
    WRITE_OFF_LIFECYCLE,
    WriteOff,
    WriteOffReason,
    WriteOffState,
    approvable,
    fact_of_recovery,
    fact_of_recovery_reversal,
    fact_of_write_off,
    fact_of_write_off_reversal,
    proposed,
    recoverable,
    recovery_of,
    recovery_undone,
    reversal_of,
)
from dunlin_kernel.errors import Conflict, DomainError
from dunlin_kernel.money import Money

DAY = date(2026, 6, 30)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def item(opened: int, disputed: int = 0, kind: ItemKind = ItemKind.INVOICE) -> Item:
    return Item(UUID(int=3), UUID(int=2), "INV-1", UUID(int=7), cny(max(opened, 1)), cny(opened), cny(disputed),
                DAY, DAY, DAY, 1, kind=kind)


def lost(amount: int, *, tax: int = 0, recovered: int = 0, **more: Any) -> WriteOff:
    return replace(WriteOff(
        UUID(int=5), UUID(int=3), UUID(int=7), cny(amount), WriteOffReason.INSOLVENCY, WriteOffState.APPROVED, "clerk",
        BadDebtAccount.BAD_DEBT, cny(tax), cny(recovered), DAY), **more)


@pytest.mark.parametrize(
    ("opened", "disputed", "amount", "expected"),
    [
        (100, 0, None, 100),
        (100, 40, None, 60),
        (100, 40, cny(60), 60),
        (100, 40, cny(61), "more_than_undisputed"),
        (100, 100, None, "amount_not_positive"),
        (100, 0, cny(0), "amount_not_positive"),
        (100, 0, Money(1, "USD"), "currency_mismatch"),
        (0, 0, None, "nothing_open"),
    ],
)
def test_no_more_is_written_off_than_is_open_and_undisputed(
    opened: int, disputed: int, amount: Money | None, expected: int | str,
) -> None:
    try:
        found: int | str = proposed(item(opened, disputed), amount).minor
    except DomainError as refused:
        found = refused.code
    assert found == expected


@pytest.mark.parametrize(("kind", "unapplied", "refused"), [
    (ItemKind.INVOICE, cny(1), True), (ItemKind.INVOICE, cny(0), False), (ItemKind.INVOICE, None, False),
    (ItemKind.FEE, cny(1), False), (ItemKind.INTEREST, cny(1), False)])
def test_a_debt_is_given_up_only_without_an_unapplied_note(
    kind: ItemKind, unapplied: Money | None, refused: bool,
) -> None:
    one = replace(item(100, 0), kind=kind)
    with pytest.raises(Conflict, match="credit_note_unapplied") if refused else nullcontext():
        assert without_unapplied_note(one, unapplied) is one


def test_another_person_approves_once() -> None:
    waiting = lost(100, state=WriteOffState.PROPOSED)
    assert approvable(waiting, "controller") == waiting
    for one, checker, code in ((waiting, "clerk", "second_person_needed"), (lost(100), "controller", "illegal_trans")):
        with pytest.raises(DomainError, match=code):
            approvable(one, checker)


@pytest.mark.parametrize(("start", "end", "allowed"), list(WRITE_OFF_LIFECYCLE.all_pairs()))
def test_a_write_off_is_proposed_decided_and_perhaps_reversed(
    start: WriteOffState, end: WriteOffState, allowed: bool,
) -> None:
    pairs = {("proposed", "approved"), ("proposed", "refused"), ("approved", "reversed")}
    assert allowed == ((start.value, end.value) in pairs)


@pytest.mark.parametrize(
    ("write_off", "unapplied", "amount", "expected"),
    [
        (lost(100), 30, None, 30),
        (lost(100), 300, None, 100),
        (lost(100, recovered=60), 300, cny(40), 40),
        (lost(100, recovered=60), 300, cny(41), "more_than_written_off"),
        (lost(100), 30, cny(31), "more_than_unapplied"),
        (lost(100), 0, None, "amount_not_positive"),
        (lost(100, recovered=100), 30, None, "not_written_off"),
        (lost(100, state=WriteOffState.PROPOSED), 30, None, "not_written_off"),
        (lost(100, state=WriteOffState.REVERSED), 30, None, "not_written_off"),
    ],
)
def test_no_more_is_recovered_than_was_written_off(
    write_off: WriteOff, unapplied: int, amount: Money | None, expected: int | str,
) -> None:
    try:
        found: int | str = recoverable(write_off, cny(unapplied), amount).minor
    except DomainError as refused:
        found = refused.code
    assert found == expected


def test_what_was_recovered_or_not_approved_is_not_reversed() -> None:
    for one, code in ((lost(100, recovered=100), "not_written_off"), (
            lost(100, state=WriteOffState.REFUSED), "illegal_transition")):
        with pytest.raises(DomainError, match=code):
            reversal_of(one, UUID(int=9), DAY)


@pytest.mark.parametrize(
    ("kind", "vat", "expected"),
    [
        (ItemKind.INVOICE, BadDebtVat.AT_WRITE_OFF, 130),
        (ItemKind.INVOICE, BadDebtVat.NONE, 0),
        (ItemKind.FEE, BadDebtVat.AT_WRITE_OFF, 0),
        (ItemKind.INTEREST, BadDebtVat.AT_WRITE_OFF, 0),
    ],
)
def test_the_policy_says_whether_tax_is_corrected(kind: ItemKind, vat: BadDebtVat, expected: int) -> None:
    policy = BadDebtPolicy(1, vat, BadDebtAccount.ALLOWANCE)
    totals = Totals((), cny(4000), cny(520))
    assert tax_part(cny(1130), item(4520, kind=kind), totals, policy).minor == expected
    assert tax_part(cny(1130), item(4520), None, policy).is_zero
    assert FIRST_BAD_DEBT_POLICY.vat is BadDebtVat.NONE


@given(amount=st.integers(1, 10**9), share=st.integers(0, 100), cuts=st.lists(st.integers(1, 10**8), max_size=6),
       account=st.sampled_from(BadDebtAccount))
def test_recoveries_and_reversal_give_back_exactly_what_was_lost(
    amount: int, share: int, cuts: list[int], account: BadDebtAccount,
) -> None:
    one = lost(amount, tax=amount * share // 113, account=account)
    facts = [fact_of_write_off(one)]
    for cut in cuts:
        part = min(cut, one.rest.minor)
        if part:
            recovery = recovery_of(one, cny(part), UUID(int=8), UUID(int=4), DAY)
            assert not recovery.tax.is_negative
            facts.append(fact_of_recovery(one, recovery))
            one = replace(one, recovered=one.recovered + cny(part))
            if cut % 2:
                one, gone = recovery_undone(one, recovery, UUID(int=7), DAY)
                facts.append(fact_of_recovery_reversal(one, gone))
    if one.rest.is_positive:
        _, reversal = reversal_of(one, UUID(int=9), DAY)
        facts.append(fact_of_write_off_reversal(one, reversal))
    by_account: dict[str, int] = {}
    for line in (line for fact in facts for line in fact.journal):
        by_account[line.account] = by_account.get(line.account, 0) + line.amount.minor
    assert set(by_account.values()) == {0}
    assert sum(entry.amount.minor for fact in facts for entry in fact.entries) == 0


def test_an_item_keeps_what_is_lost_of_it_apart() -> None:
    whole = item(100)
    gone = replace(whole, open=cny(40)).losing(cny(60))
    assert (whole.lost, gone.lost, gone.losing(cny(-60)).lost) == (cny(0), cny(60), cny(0))
    for wrong in (cny(1), cny(-61)):
        with pytest.raises(AssertionError):
            gone.losing(wrong)
