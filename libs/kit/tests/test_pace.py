"""The pace of long runs: slices shrink while they take long, grow again when they do not, and never end at nothing."""

from dunlin_kit.pace import LONG_SECONDS, Pace


def test_it_begins_small_and_grows_to_the_most_while_slices_are_quick() -> None:
    pace, sizes = Pace(100), []
    for _ in range(4):
        sizes.append(pace.size)
        pace.went(LONG_SECONDS / 10)
    assert sizes == [25, 50, 100, 100]


def test_it_shrinks_while_slices_take_long_down_to_one() -> None:
    pace, sizes = Pace(20), []
    for _ in range(5):
        sizes.append(pace.size)
        pace.went(LONG_SECONDS * 2)
    assert sizes == [5, 2, 1, 1, 1]


def test_it_stays_where_a_slice_takes_about_as_long_as_it_may() -> None:
    pace = Pace(100)
    pace.went(LONG_SECONDS * 0.8)
    assert pace.size == 25
    assert Pace(1).size == 1


def test_it_shrinks_to_the_least_and_comes_back_to_it_from_a_slice_that_was_refused() -> None:
    pace = Pace(100, least=20)
    pace.went(LONG_SECONDS * 2)
    assert pace.size == 20
    pace.refused()
    assert pace.size == 5
    pace.went(LONG_SECONDS * 2)
    assert pace.size == 20


def test_a_slice_that_is_refused_is_looked_through_in_smaller_ones() -> None:
    pace, sizes = Pace(100), []
    for _ in range(4):
        sizes.append(pace.size)
        pace.refused()
    assert sizes == [25, 6, 1, 1]
