"""A paper as an XLSX workbook: text stays text, whatever it begins with, and no cell is ever a formula."""

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from billing_svc.api.paper import Cell, Paper
from dunlin_kernel.currencies import exponent_of
from dunlin_kernel.money import Money

_EXACT_IN_A_SHEET = 10**15
"""A sheet keeps numbers of up to 15 figures exactly; larger amounts are written as text."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def xlsx_of(paper: Paper) -> bytes:
    """One sheet: title, facts, then the tables below each other."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, options)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    sheet.write_string(0, 0, paper.title, bold)
    at = 1
    for label, value in paper.facts:
        sheet.write_string(at, 0, label)
        sheet.write_string(at, 1, _text(value))
        at += 1
    for table in paper.tables:
        at += 1
        sheet.write_string(at, 0, _text(table.heading), bold)
        for n, column in enumerate(table.columns):
            sheet.write_string(at + 1, n, column, bold)
        for m, row in enumerate(table.rows, at + 2):
            for n, cell in enumerate(row):
                _write(book, sheet, (m, n), cell)
        at += 2 + len(table.rows)
    sheet.write_string(at + 1, 0, paper.foot)
    sheet.set_column(0, max((len(table.columns) for table in paper.tables), default=1), 18)
    book.close()
    return out.getvalue()


def _write(book: Any, sheet: Any, place: tuple[int, int], cell: Cell) -> None:
    if isinstance(cell, Money) and abs(cell.minor) < _EXACT_IN_A_SHEET:
        digits = exponent_of(cell.currency)
        form = book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})
        sheet.write_number(*place, Decimal(cell.minor).scaleb(-digits), form)
    elif isinstance(cell, int):
        sheet.write_number(*place, cell)
    else:
        sheet.write_string(*place, _text(cell.amount if isinstance(cell, Money) else cell))


def _text(value: str) -> str:
    return _CONTROL.sub(" ", value)
