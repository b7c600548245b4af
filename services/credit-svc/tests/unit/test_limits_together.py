"""Base and temporary limits together, each inside its dates; overrides that must end; the second person."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_svc.domain.limit import (
    LimitFact,
    LimitInForce,
    LimitKind,
    LimitSource,
    LimitStatus,
    check_limit,
    ended_by_merger,
    has_run_out,
    limit_in_force,
    passed_on_by_merger,
)
from credit_svc.domain.limit_override import (
    AloneLately,
    EarlierLimit,
    OverrideRules,
    ProposalStatus,
    alone_lately,
    check_alone,
    check_override,
    decided_by,
    given_alone_from,
    needs_second_person,
    source_by_hand,
)
from credit_svc.domain.policy_version import FIRST_VERSION, check_activation, version_in_force
from dunlin_kernel.errors import Conflict, Forbidden, RuleBroken
from dunlin_kernel.money import Money

TODAY = date(2026, 3, 10)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def base(version: int, minor: int | None, end: date | None = None, start: date = date(2026, 1, 1)) -> LimitFact:
    return LimitFact(UUID(int=version), version, "CNY", None if minor is None else cny(minor), LimitSource.MANUAL,
                     start, end)


def temporary(version: int, minor: int, start: str, end: str) -> LimitFact:
    return LimitFact(UUID(int=version), version, "CNY", cny(minor), LimitSource.MANUAL, date.fromisoformat(start),
                     date.fromisoformat(end), LimitKind.TEMPORARY)


MARCH, APRIL = temporary(2, 50, "2026-03-01", "2026-03-31"), temporary(3, 70, "2026-04-01", "2026-04-30")

TOGETHER = [
    ("on top of the base", [base(1, 100), MARCH], TODAY, LimitStatus.IN_FORCE, 150),
    ("not before its first day", [base(1, 100), APRIL], TODAY, LimitStatus.IN_FORCE, 100),
    ("on its last day", [base(1, 100), MARCH], date(2026, 3, 31), LimitStatus.IN_FORCE, 150),
    ("not on the day after", [base(1, 100), MARCH], date(2026, 4, 1), LimitStatus.IN_FORCE, 100),
    ("one set ahead does not hide the one that holds", [base(1, 100), MARCH, APRIL], TODAY, LimitStatus.IN_FORCE, 150),
    ("nor one set earlier for later", [base(1, 100), APRIL, temporary(4, 5, "2026-03-01", "2026-03-31")],
     date(2026, 4, 2), LimitStatus.IN_FORCE, 170),
    ("the last set of two counts", [base(1, 100), MARCH, temporary(4, 5, "2026-03-05", "2026-03-31")], TODAY,
     LimitStatus.IN_FORCE, 105),
    ("zero takes it away", [base(1, 100), MARCH, temporary(4, 0, "2026-03-10", "2026-03-31")], TODAY,
     LimitStatus.IN_FORCE, 100),
    ("it rates nobody", [MARCH], TODAY, LimitStatus.NOT_RATED, None),
    ("nor where the rating was taken back", [base(1, None), MARCH], TODAY, LimitStatus.NOT_RATED, None),
    ("it outlives an ended base", [base(1, 100, date(2026, 3, 9)), MARCH], TODAY, LimitStatus.EXPIRED, 50),
]


@pytest.mark.parametrize(("facts", "today", "status", "minor"), [row[1:] for row in TOGETHER],
                         ids=[row[0] for row in TOGETHER])
def test_base_and_temporary(facts: list[LimitFact], today: date, status: LimitStatus, minor: int | None) -> None:
    found = limit_in_force(facts, today=today)
    assert (found.status, found.amount and found.amount.minor) == (status, minor)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(-30, 30), st.integers(0, 40)), max_size=6))
@settings(max_examples=50)
def test_outside_its_dates_no_temporary_counts(given_facts: list[tuple[int, int, int]]) -> None:
    facts = [base(1, 100)] + [
        LimitFact(UUID(int=n), n, "CNY", cny(minor), LimitSource.MANUAL, TODAY + timedelta(days=start),
                  TODAY + timedelta(days=start + long), LimitKind.TEMPORARY)
        for n, (minor, start, long) in enumerate(given_facts, start=2)]
    found = limit_in_force(facts, today=TODAY)
    holding = [one for one in facts[1:] if one.valid_from <= TODAY <= (one.valid_until or TODAY)]
    expected = max(holding, key=lambda one: one.version).amount if holding else cny(0)
    assert expected is not None and found.amount == cny(100) + expected


RUN_OUT = [
    ("a base on the day after its last", [base(1, 9, TODAY)], 1, TODAY + timedelta(days=1), True),
    ("not on its last day", [base(1, 9, TODAY)], 1, TODAY, False),
    ("not where another took its place", [base(1, 9, TODAY), base(2, 8)], 1, TODAY + timedelta(days=1), False),
    ("a temporary", [base(1, 9), MARCH], 2, date(2026, 4, 1), True),
    ("not one that was taken away", [MARCH, temporary(3, 0, "2026-03-02", "2026-03-31")], 2, date(2026, 4, 1), False),
    ("not one that another follows on", [MARCH, APRIL], 2, date(2026, 4, 1), False),
    ("not one without an end", [base(1, 9)], 1, TODAY, False),
    ("not one unknown", [], 1, TODAY, False),
]


@pytest.mark.parametrize(("facts", "limit_id", "today", "told"), [row[1:] for row in RUN_OUT],
                         ids=[row[0] for row in RUN_OUT])
def test_when_an_end_is_told(facts: list[LimitFact], limit_id: int, today: date, told: bool) -> None:
    assert (has_run_out(facts, UUID(int=limit_id), today=today) is not None) == told


def test_a_temporary_limit_has_an_amount_and_an_end() -> None:
    for broken in (replace(MARCH, amount=None), replace(MARCH, valid_until=None)):
        with pytest.raises(RuleBroken, match="temporary_needs_amount_and_end"):
            check_limit(broken, today=TODAY)
    check_limit(MARCH, today=TODAY)


STEP = OverrideRules({"CNY": cny(50)}, 30)
HELD = limit_in_force([base(1, 100)], today=TODAY)
EXPIRED = limit_in_force([base(1, 100, date(2026, 3, 9))], today=TODAY)
NONE = LimitInForce(LimitStatus.NOT_RATED, None, None)
SECOND = [
    ("no step is set", base(2, 10**9), HELD, OverrideRules(), False),
    ("up to the step", base(2, 150), HELD, STEP, False),
    ("above it", base(2, 151), HELD, STEP, True),
    ("a cut never", base(2, 0), HELD, STEP, False),
    ("nor taking the rating back", base(2, None), HELD, STEP, False),
    ("the first counts from zero", base(1, 51), NONE, STEP, True),
    ("so does one after an ended one", base(2, 51), EXPIRED, STEP, True),
    ("a temporary is a raise of its own", replace(MARCH, amount=cny(51)), HELD, STEP, True),
    ("a currency without a step has none small enough", base(2, 101), HELD, OverrideRules({"EUR": Money(1, "EUR")}),
     True),
]


@pytest.mark.parametrize(("fact", "before", "rules", "needed"), [row[1:] for row in SECOND],
                         ids=[row[0] for row in SECOND])
def test_a_second_person(fact: LimitFact, before: LimitInForce, rules: OverrideRules, needed: bool) -> None:
    assert needs_second_person(fact, before, rules) == needed
    if needed:
        with pytest.raises(Forbidden, match="second_person_needed"):
            check_alone(fact, before, rules)
    else:
        check_alone(fact, before, rules)


def test_an_override_against_the_policy_ends() -> None:
    by_policy = limit_in_force([replace(base(1, 100), source=LimitSource.POLICY)], today=TODAY)
    assert source_by_hand(by_policy) is LimitSource.OVERRIDE
    assert source_by_hand(HELD) is source_by_hand(NONE) is LimitSource.MANUAL
    override = replace(base(2, 200, start=TODAY), source=LimitSource.OVERRIDE)
    with pytest.raises(RuleBroken, match="override_needs_end"):
        check_override(override, STEP)
    with pytest.raises(RuleBroken, match="override_too_long"):
        check_override(replace(override, valid_until=TODAY + timedelta(days=30)), STEP)
    check_override(replace(override, valid_until=TODAY + timedelta(days=29)), STEP)
    check_override(base(2, 200), STEP)
    check_override(replace(override, kind=LimitKind.TEMPORARY), STEP)


def test_a_proposal_is_decided_once_and_approved_by_another() -> None:
    waiting, approved, rejected = ProposalStatus.WAITING, ProposalStatus.APPROVED, ProposalStatus.REJECTED
    assert decided_by(waiting, approved, maker="a", checker="b") is approved
    assert decided_by(waiting, rejected, maker="a", checker="a") is rejected
    with pytest.raises(Forbidden, match="second_person_needed"):
        decided_by(waiting, approved, maker="a", checker="a")
    for ended in (approved, rejected):
        with pytest.raises(Conflict, match="proposal_decided"):
            decided_by(ended, approved, maker="a", checker="b")


def test_the_rules_of_overrides_stay_inside_their_bounds() -> None:
    for days in (0, 3651):
        with pytest.raises(RuleBroken, match="bad_policy"):
            OverrideRules(override_days=days)
    with pytest.raises(RuleBroken, match="bad_policy"):
        OverrideRules({"CNY": cny(-1)})


def test_the_last_effective_version_of_the_policy_counts() -> None:
    second = replace(FIRST_VERSION, numbers=replace(FIRST_VERSION.numbers, version=2), effective_from=TODAY)
    third = replace(second, numbers=replace(second.numbers, version=3), effective_from=TODAY + timedelta(days=1))
    assert version_in_force([second, third], today=TODAY) == second
    assert version_in_force([second, third], today=TODAY + timedelta(days=1)) == third
    assert version_in_force([third], today=TODAY) == FIRST_VERSION
    check_activation(second, today=TODAY)
    with pytest.raises(RuleBroken, match="effective_in_past"):
        check_activation(second, today=TODAY + timedelta(days=1))


def earlier(minor: int | None, days_ago: int, *, alone: bool = True) -> EarlierLimit:
    return EarlierLimit(None if minor is None else cny(minor), TODAY - timedelta(days=days_ago), alone)


ADDED_UP = [
    ("nothing", [], None),
    ("what stands", [earlier(100, 0)], 100),
    ("small raises of these days", [earlier(150, 1), earlier(120, 2), earlier(100, 40), earlier(5, 50)], 100),
    ("what two persons agreed is the ground", [earlier(150, 1), earlier(140, 2, alone=False), earlier(5, 3)], 140),
    ("not rated is no ground", [earlier(None, 1), earlier(90, 2)], 90),
]


@pytest.mark.parametrize(("history", "ground"), [row[1:] for row in ADDED_UP], ids=[row[0] for row in ADDED_UP])
def test_raises_by_one_person_add_up(history: list[EarlierLimit], ground: int | None) -> None:
    found = given_alone_from(history, today=TODAY)
    assert (found and found.minor) == ground


def alone(base_from: int, *, given: int = 0, temporary: int = 0, covers: int = 0) -> AloneLately:
    return AloneLately(cny(given), cny(temporary), cny(covers), cny(base_from), cny(0))


def test_two_small_raises_are_a_large_one_and_a_cut_is_none() -> None:
    held = limit_in_force([base(2, 140)], today=TODAY)
    assert needs_second_person(base(3, 151), held, STEP, alone=alone(100))
    assert not needs_second_person(base(3, 150), held, STEP, alone=alone(100))
    assert not needs_second_person(base(3, 130), held, STEP, alone=alone(0))
    on_top = replace(MARCH, amount=cny(50))
    assert not needs_second_person(on_top, held, STEP, alone=alone(0))
    assert needs_second_person(on_top, held, STEP, alone=alone(0, given=1))
    assert needs_second_person(on_top, held, STEP, alone=alone(0, covers=1))
    assert not needs_second_person(on_top, held, STEP, alone=alone(0, temporary=1))
    both = limit_in_force([base(2, 140), on_top], today=TODAY)
    assert needs_second_person(replace(on_top, version=3, amount=cny(51)), both, STEP, alone=alone(0, temporary=50))
    assert not needs_second_person(replace(on_top, version=3, amount=cny(49)), both, STEP, alone=alone(0, given=99))


def test_what_was_given_alone_lately() -> None:
    on_top = replace(earlier(30, 1), kind=LimitKind.TEMPORARY)
    of_two = replace(earlier(20, 2, alone=False), kind=LimitKind.TEMPORARY)
    found = alone_lately([on_top, earlier(150, 1), of_two, earlier(100, 40)], cny(7), today=TODAY)
    assert found == AloneLately(cny(50), cny(10), cny(7), cny(100), cny(20))
    assert [found.beside(kind).minor for kind in (LimitKind.BASE, LimitKind.TEMPORARY, None)] == [17, 57, 67]
    assert alone_lately([on_top], cny(0), today=TODAY) == AloneLately(cny(0), cny(30), cny(0), None, cny(0))


@pytest.mark.parametrize("rules", [OverrideRules(), STEP])
@pytest.mark.parametrize("kind", LimitKind)
def test_more_than_the_policy_decided_takes_two_persons(rules: OverrideRules, kind: LimitKind) -> None:
    decided = limit_in_force([replace(base(1, 100), source=LimitSource.POLICY)], today=TODAY)
    more = replace(MARCH if kind is LimitKind.TEMPORARY else base(2, 101), source=LimitSource.OVERRIDE)
    assert needs_second_person(more, decided, rules)
    assert not needs_second_person(replace(base(2, 100), source=LimitSource.OVERRIDE), decided, rules)


ENDED_BASE = [base(1, 100, end=date(2026, 3, 9))]
MERGED = [
    ("where there is none it goes on with what comes on top", [base(1, 100), MARCH], [], [(100, None), (50, "03-31")]),
    ("where one was taken back it goes on", [base(1, 100)], [base(1, None)], [(100, None)]),
    ("limits are not added", [base(1, 100)], [base(1, 10)], []),
    ("one that has ended is one all the same", [base(1, 100)], ENDED_BASE, []),
    ("one that has ended does not go on, what comes on top does", [*ENDED_BASE, MARCH], [], [(50, "03-31")]),
    ("zero goes on: it is a decision", [base(1, 0)], [], [(0, None)]),
    ("there was none", [MARCH], [], []),
]


@pytest.mark.parametrize(
    ("before", "there", "goes_on"), [case[1:] for case in MERGED], ids=[case[0] for case in MERGED])
def test_the_limit_of_a_customer_that_was_merged(
    before: list[LimitFact], there: list[LimitFact], goes_on: list[tuple[int, str | None]],
) -> None:
    ids = iter(UUID(int=n) for n in range(90, 99))
    one, other = (limit_in_force(facts, today=TODAY) for facts in (before, there))
    passed = passed_on_by_merger(one, other, lambda: next(ids), after=len(there), today=TODAY)
    assert [(fact.amount, fact.valid_until and f"{fact.valid_until:%m-%d}") for fact in passed] == [
        (cny(minor), until) for minor, until in goes_on]
    assert [(fact.version, fact.valid_from, fact.id.int) for fact in passed] == [
        (len(there) + n, TODAY, 89 + n) for n in range(1, len(passed) + 1)]
    ended = ended_by_merger(one, lambda: next(ids), after=len(before), today=TODAY)
    assert all(fact.amount == cny(0) and fact.version > len(before) for fact in ended)
    left = limit_in_force([*before, *ended], today=TODAY)
    assert left.amount is None or left.amount.is_zero
