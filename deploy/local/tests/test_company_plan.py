"""The demonstration company's plan: always the same people, whose payments follow what they were billed."""

from datetime import date
from itertools import chain

from dunlin_local.company_crowd import CROWD, DAYS, crowd, numbers
from dunlin_local.company_loading import FIRST, begins
from dunlin_local.company_stories import STORIES


def test_it_is_the_same_company_every_time() -> None:
    assert dict(crowd()) == dict(crowd())
    assert numbers(crowd()) == [CROWD, 727, 420]
    assert begins().date() == FIRST == date(2025, 10, 1)


def test_nobody_is_billed_before_joining_nor_pays_before_being_billed_nor_twice() -> None:
    joined = {member.number: day for day, one in crowd().items() for member in one.joining}
    billed = {deal.name: (day, deal) for day, one in crowd().items() for deal in one.billed}
    paid = [(day, deal) for day, one in crowd().items() for deal in one.paid]
    assert len({deal.name for _, deal in paid}) == len(paid)
    assert all(day >= joined[deal.member.number] for day, deal in billed.values())
    assert all(billed[deal.name][0] < day < DAYS and billed[deal.name][1] == deal for day, deal in paid)
    currencies = {deal.member.currency for _, deal in billed.values()}
    assert currencies == {"CNY", "USD", "EUR"}


def test_every_story_has_a_number_of_its_own_and_happens_within_the_days() -> None:
    assert len({story.number for story in STORIES}) == len(STORIES) == 26
    assert all(0 <= day < DAYS for day in chain.from_iterable(story.deeds for story in STORIES))
