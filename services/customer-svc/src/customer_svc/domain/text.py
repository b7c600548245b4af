"""What counts as plain text: printable, of any script, on one line, without blanks at its ends."""

import re
import unicodedata

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_EDGED = re.compile(r"\S(?:.*\S)?")


def is_plain(text: str) -> bool:
    """Whether it has at least one character, and nothing that cannot be printed on a line."""
    return bool(_EDGED.fullmatch(text)) and not any(unicodedata.category(c) in _UNPRINTABLE for c in text)
