"""Rows for spreadsheets and of them: comma-separated text, written so that no program mistakes it for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from dunlin_kernel.errors import RuleBroken

BYTE_ORDER_MARK = "\ufeff"
"""Without it some programs read Chinese as another script."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The text of a file (RFC 4180), lines ended by CR LF; a value that looks like a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + out.getvalue()


def csv_rows(content: bytes) -> list[list[str]]:
    """The rows of a file in UTF-8 or GB 18030, parted by commas, semicolons or tabs. Refuses: bad_customer_file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as neither:
            raise RuleBroken("bad_customer_file", "It is written neither in UTF-8 nor in GB 18030.") from neither
    first = text.partition("\n")[0]
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True))
    except csv.Error as broken:
        raise RuleBroken("bad_customer_file", f"It is no comma-separated text: {broken}.") from broken


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
