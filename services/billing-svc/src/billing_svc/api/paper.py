"""A paper: what a document for people shows, whether it becomes a sheet or a page. Headings are Chinese and English."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dunlin_kernel.errors import RuleBroken
from dunlin_kernel.money import Money

MAX_ROWS = 5000

Cell = str | Money | int


class PaperFormat(StrEnum):
    XLSX = "xlsx"
    PDF = "pdf"


MEDIA_TYPES = {
    PaperFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    PaperFormat.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table under its heading; `widths` are shares of the width of the page."""

    heading: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """Title, facts (label and value) and tables, in this order; `foot` stands on every page."""

    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[PaperTable, ...]
    foot: str


def fitting(tables: Sequence[PaperTable]) -> tuple[PaperTable, ...]:
    """The tables themselves. Refuses: document_too_large."""
    rows = sum(len(table.rows) for table in tables)
    if rows > MAX_ROWS:
        raise RuleBroken("document_too_large", f"A document has at most {MAX_ROWS} rows.", rows=rows)
    return tuple(tables)
