"""Search by any part of a name: every part is found, nothing else is, whatever the case, width or accent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_svc.domain.name_search import SEPARATOR, folded, grams_of, grams_of_query, is_part_of
from dunlin_kernel.errors import RuleBroken

CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
LATIN = st.characters(min_codepoint=0x20, max_codepoint=0x24F)
ANY = st.characters(exclude_categories=("Cs", "Cc"))
NAMES = st.text(st.one_of(CHINESE, LATIN, ANY), min_size=1, max_size=40)


@given(NAMES, st.data())
def test_every_part_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    part = name[start:end]
    if folded(part):
        assert grams_of_query(part) <= grams_of(name)
        assert is_part_of(part, name)


@given(NAMES, NAMES)
def test_a_part_is_never_missed_by_the_index(query: str, name: str) -> None:
    if folded(query) and is_part_of(query, name):
        assert grams_of_query(query) <= grams_of(name)


@given(NAMES)
def test_the_separator_is_in_no_piece(name: str) -> None:
    assert all(SEPARATOR not in gram and 1 <= len(gram) <= 2 for gram in grams_of(name + SEPARATOR + name))


@given(NAMES)
def test_folding_twice_is_folding_once(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("华为", "北京华为贸易有限公司"), ("为", "北京华为贸易有限公司"), ("HUAWEI", "Huawei Trading"),
        ("ｈｕａ", "Huawei"),
        ("huawei", "ＨＵＡＷＥＩ"), ("muller", "Müller & Söhne"), ("strasse", "Große Straße"),
        ("wal-mar", "WAL-MAR corp"),
        ("a b", "A\u3000 B"), ("&", "M & S"),
    ],
)
def test_parts_that_find(query: str, name: str) -> None:
    assert is_part_of(query, name)
    assert grams_of_query(query) <= grams_of(name)


@pytest.mark.parametrize(("query", "name"), [("华北", "北京华为"), ("aba", "ab ba"), ("nan", "Anna Naan")])
def test_parts_that_do_not(query: str, name: str) -> None:
    assert not is_part_of(query, name)


@pytest.mark.parametrize(
    ("query", "code"), [("", "empty_query"), ("  \u3000", "empty_query"), ("a" * 101, "query_too_long")])
def test_queries_that_are_refused(query: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        grams_of_query(query)
    assert refused.value.code == code


@pytest.mark.parametrize(("query", "grams"), [
    ("华", {"华"}), ("华为", {"华为"}), ("北京华为", {"北京", "京华", "华为"}), ("AA", {"aa"})])
def test_a_query_asks_for_its_pairs_and_only_without_one_for_its_character(query: str, grams: set[str]) -> None:
    assert grams_of_query(query) == grams
