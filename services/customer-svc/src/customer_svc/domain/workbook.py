"""The first sheet of a workbook (XLSX, ECMA-376) as rows of texts: what stands in its cells, nothing reckoned."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from io import BytesIO
from posixpath import join, normpath
from xml.etree.ElementTree import Element, ParseError, fromstring

from dunlin_kernel.errors import RuleBroken

MAX_UNPACKED_BYTES = 16 * 1024 * 1024
MAX_COLUMNS, MAX_LINES, MAX_DIGITS = 200, 100_000, 20
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ParseError, LookupError, ValueError)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_COLUMN = re.compile(r"[A-Z]{1,3}")


def workbook_rows(content: bytes) -> list[list[str]]:
    """Every row of the sheet by its place, also empty ones. Refuses: bad_customer_file."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise _unreadable("It unpacks to too much.")
            shared = [_text_of(one) for one in _parts(packed, "xl/sharedStrings.xml", f"{_MAIN}si")]
            return list(_filled(_parts(packed, _first_sheet(packed), f"{_MAIN}row"), shared))
    except BROKEN as broken:
        raise _unreadable("It is no workbook (XLSX), or a broken one.") from broken


def _first_sheet(packed: zipfile.ZipFile) -> str:
    sheet = _parsed(packed, "xl/workbook.xml").find(f"{_MAIN}sheets/{_MAIN}sheet")
    if sheet is None:
        raise _unreadable("It has no sheet.")
    targets = {one.get("Id"): one.get("Target", "") for one in _parsed(packed, "xl/_rels/workbook.xml.rels")}
    return normpath(join("xl", targets[sheet.get(_RELATION)])).lstrip("/")


def _parsed(packed: zipfile.ZipFile, name: str) -> Element:
    text = packed.read(name)
    if b"<!DOCTYPE" in text.replace(b"\0", b""):
        raise _unreadable("A part of it declares a document type.")
    return fromstring(text)  # noqa: S314  no document type, so no entity, is let in


def _parts(packed: zipfile.ZipFile, name: str, kind: str) -> list[Element]:
    """A workbook without texts has no shared ones."""
    return list(_parsed(packed, name).iter(kind)) if name in packed.namelist() else []


def _filled(rows: Sequence[Element], shared: Sequence[str]) -> Iterator[list[str]]:
    place = 0
    for row in rows:
        at = int(row.get("r", place + 1))
        if not place < at <= MAX_LINES:
            raise _unreadable("Its rows are out of order, or too many.")
        yield from ([] for _ in range(place + 1, at))
        place = at
        yield _cells(row, shared)


def _cells(row: Element, shared: Sequence[str]) -> list[str]:
    texts: list[str] = []
    for cell in row.iter(f"{_MAIN}c"):
        found = _COLUMN.match(cell.get("r", ""))
        column = _number_of(found[0]) if found else len(texts)
        if not len(texts) <= column < MAX_COLUMNS:
            raise _unreadable(f"Its columns are out of order, or more than {MAX_COLUMNS}.")
        texts += [""] * (column - len(texts)) + [_value(cell, shared)]
    return texts


def _value(cell: Element, shared: Sequence[str]) -> str:
    kind, held = cell.get("t", "n"), cell.findtext(f"{_MAIN}v", "")
    if kind == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        return "" if inline is None else _text_of(inline)
    if kind == "s":
        return shared[int(held)]
    if kind == "b":
        return "true" if held == "1" else "false"
    return _plain(held) if kind == "n" and held else held


def _plain(number: str) -> str:
    """A number as a person would write it: 2.00769623E8 is 200769623, 30.0 is 30."""
    try:
        whole = Decimal(number)
        if abs(whole.adjusted()) > MAX_DIGITS:
            return number
        return f"{whole.to_integral_value():f}" if whole == whole.to_integral_value() else f"{whole.normalize():f}"
    except InvalidOperation:
        return number


def _text_of(shared: Element) -> str:
    """All runs of a text, without how it is pronounced."""
    runs = [one for one in shared if one.tag in (f"{_MAIN}t", f"{_MAIN}r")]
    return "".join(part.text or "" for run in runs for part in run.iter(f"{_MAIN}t"))


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _unreadable(detail: str) -> RuleBroken:
    return RuleBroken("bad_customer_file", detail)
