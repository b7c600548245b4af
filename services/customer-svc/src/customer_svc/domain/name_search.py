"""Search by any part of a name, Chinese and Latin alike: folded text, and its pieces of one and two characters."""

import unicodedata

from dunlin_kernel.errors import RuleBroken

SEPARATOR = "\x1f"
"""Never part of a folded name: it is white space, which folding makes a blank."""
MAX_QUERY = 100


def folded(text: str) -> str:
    """Text without the differences of case, width and accent, with single blanks.

    Character by character, so that a part of a name folds to a part of the folded name.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def grams_of(name: str) -> frozenset[str]:
    """All pieces of one and of two characters of the folded name: the words of the index."""
    text = folded(name)
    return frozenset(text) | frozenset(_pairs(text))


def grams_of_query(query: str) -> frozenset[str]:
    """The pieces that a name must have so that the query can be a part of it: its pairs, or its only character.

    Refuses: empty_query, query_too_long.
    """
    text = folded(query)
    if not text:
        raise RuleBroken("empty_query", "Search for at least one letter, digit or character.")
    if len(query) > MAX_QUERY:
        raise RuleBroken("query_too_long", f"A search has at most {MAX_QUERY} characters.")
    return frozenset(_pairs(text)) or frozenset(text)


def is_part_of(query: str, name: str) -> bool:
    """What is meant by a hit: the folded query stands somewhere in the folded name."""
    return folded(query) in folded(name)


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]
