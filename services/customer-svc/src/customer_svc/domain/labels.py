"""Labels that a company gives its customers: tags, and its own fields as pairs of key and value."""

from collections.abc import Mapping, Sequence

from customer_svc.domain.text import is_plain
from dunlin_kernel.errors import RuleBroken

MAX_TAGS = 50
MAX_TAG = 64
MAX_KEYS = 50
MAX_KEY = 40
MAX_VALUE = 500


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Each tag once, in alphabetical order. Refuses: bad_tag."""
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG or not is_plain(tag) for tag in tags):
        raise RuleBroken("bad_tag", f"There are up to {MAX_TAGS} tags of 1 to {MAX_TAG} printable characters.")
    return tuple(sorted(set(tags)))


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Keys in alphabetical order. Refuses: bad_metadata."""
    wrong = any(
        len(key) > MAX_KEY or not is_plain(key) or len(value) > MAX_VALUE or not is_plain(value)
        for key, value in metadata.items())
    if wrong or len(metadata) > MAX_KEYS:
        raise RuleBroken(
            "bad_metadata", f"There are up to {MAX_KEYS} keys of up to {MAX_KEY} characters, each with a text of 1 to "
            f"{MAX_VALUE} printable characters.")
    return dict(sorted(metadata.items()))
