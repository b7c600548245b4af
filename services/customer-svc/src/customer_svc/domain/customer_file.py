"""A spreadsheet of customers as people keep it: its columns by their names, its texts cleaned, a row a customer."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from customer_svc.domain.import_row import RowTexts
from dunlin_kernel.errors import RuleBroken

MAX_ROWS = 5_000
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "external_id": ("外部编号", "原编号", "原系统编号"),
    "name": ("名称", "客户名称", "公司名称", "单位名称", "customer", "company"),
    "due_days": ("账期", "账期天数", "付款天数", "payment_days"), "number": ("编号", "客户编号", "customer_number"),
    "kind": ("性质", "客户性质"), "status": ("状态", "客户状态"),
    "tax_id": ("税号", "纳税人识别号", "统一社会信用代码"), "region": ("地区", "区域"), "industry": ("行业",),
    "source": ("来源", "客户来源"), "tags": ("标签",), "end_of_month": ("月结",), "prepayment_bps": (),
    "cash_on_delivery": ("货到付款",),
}
"""The fields of a row, and what else their columns may be called."""
LEFT_OUT = frozenset({
    "group", "owner", "registered_at", "abc", "value_tier", "importance", "payment_behaviour", "size", "type"})
"""Columns of an export that an import does not take."""
KINDS = {"公司": "organization", "企业": "organization", "单位": "organization", "个人": "person"}
STATUSES = {"潜在": "prospect", "潜在客户": "prospect", "正常": "active", "有效": "active"}
YES, NO = frozenset({"true", "yes", "y", "1", "是"}), frozenset({"", "false", "no", "n", "0", "否"})
_FIELDS = {alias: field for field, aliases in COLUMNS.items() for alias in (field, *aliases)}
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_WIDE = {code: chr(code - 0xFEE0) for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
         for code in range(first, last + 1)}


def cleaned(text: str) -> str:
    """Without blanks at its ends and double ones, what cannot be seen, and the apostrophe of an export; wide letters
    and digits are made narrow, Chinese punctuation stays."""
    shown = " ".join(_INVISIBLE.sub("", text).translate(_WIDE).split())
    return shown[1:] if shown[:1] == "'" and shown[1:2] in ("=", "+", "-", "@") else shown


def code_of(text: str) -> str:
    """A code: cleaned, and each character by its plain form."""
    return cleaned(unicodedata.normalize("NFKC", text))


def rows_of_file(table: Sequence[Sequence[str]], due_days: int | None) -> list[RowTexts]:
    """A row for each line that holds anything, with the line's number; `due_days` are for lines that say none.

    Refuses: bad_customer_file.
    """
    filled = [(line, row) for line, row in enumerate(table, 1) if any(cleaned(cell) for cell in row)]
    if not 2 <= len(filled) <= MAX_ROWS + 1:
        raise RuleBroken("bad_customer_file", f"A file has a line of names of columns, and 1 to {MAX_ROWS} customers.")
    columns = _columns_of(filled[0][1])
    return [_row(line, _by_field(row, columns), due_days) for line, row in filled[1:]]


def _columns_of(header: Sequence[str]) -> Mapping[str, int]:
    names = {place: _name_of(cell) for place, cell in enumerate(header)}
    found = [(_FIELDS[name], place) for place, name in names.items() if name in _FIELDS]
    unknown = [header[place] for place, name in names.items() if name and name not in _FIELDS and name not in LEFT_OUT]
    if unknown:
        raise RuleBroken("bad_customer_file", f"These columns mean nothing here: {', '.join(unknown)[:300]}.")
    columns = dict(found)
    if len(columns) < len(found) or "name" not in columns:
        raise RuleBroken("bad_customer_file", "A file has a column for the name, and none of a field twice.")
    return columns


def _name_of(cell: str) -> str:
    return code_of(cell).casefold().replace(" ", "_")


def _by_field(row: Sequence[str], columns: Mapping[str, int]) -> Mapping[str, str]:
    return {field: row[place] if place < len(row) else "" for field, place in columns.items()}


def _row(line: int, said: Mapping[str, str], due_days: int | None) -> RowTexts:
    codes = {field: code_of(said.get(field, "")) or None for field in COLUMNS if field not in ("name", "tags")}
    wrong = list(_unreadable(codes, due_days))
    whole: dict[str, Any] = {
        "due_days": due_days or 0, "prepayment_bps": 0} | {
        field: int(text) for field in ("due_days", "prepayment_bps") if (text := codes[field]) and _is_whole(text)}
    kind, status = codes["kind"], codes["status"]
    return RowTexts(
        line=line, external_id=codes["external_id"] or codes["number"] or "", name=cleaned(said["name"]),
        number=codes["number"], kind=KINDS.get(kind or "", kind), status=STATUSES.get(status or "", status),
        tax_id=codes["tax_id"], region=codes["region"], industry=codes["industry"], source=codes["source"],
        end_of_month=_word(codes, "end_of_month") in YES, cash_on_delivery=_word(codes, "cash_on_delivery") in YES,
        tags=[tag for one in re.split("[;；、]", said.get("tags", "")) if (tag := cleaned(one))], metadata={},
        instalments=(), discount=None, unreadable=wrong[0] if wrong else None, **whole)


def _unreadable(codes: Mapping[str, str | None], due_days: int | None) -> Iterator[str]:
    for field in ("due_days", "prepayment_bps"):
        text = codes[field]
        if text and not _is_whole(text):
            yield f"{field} is no whole number: {text[:50]}"
    if not codes["due_days"] and due_days is None:
        yield "due_days is missing, and the request says none for all"
    for field in ("end_of_month", "cash_on_delivery"):
        if (word := _word(codes, field)) not in YES | NO:
            yield f"{field} is neither yes nor no: {word[:50]}"


def _word(codes: Mapping[str, str | None], field: str) -> str:
    return (codes[field] or "").casefold()


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None
