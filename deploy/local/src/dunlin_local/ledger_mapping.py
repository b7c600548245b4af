"""The mapping of a ledger file: which columns say what, in which form, and which rows are meant. Written in TOML."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CUSTOMER = ("external_id", "name", "due_days", "number", "kind", "status", "tax_id", "region", "industry")
INVOICE = ("external_id", "currency", "amount", "issued_on", "due_on")
PAYMENT = ("received_on", "external_id", "invoice", "currency", "amount", "method")
NEEDED = {"customer": CUSTOMER[:3], "invoice": INVOICE, "payment": PAYMENT[:1]}
FILE = ("delimiter", "encoding", "dates", "decimal", "thousands")
KNOWN = {"customer": CUSTOMER, "invoice": INVOICE, "payment": PAYMENT, "file": FILE}
SECTIONS = (*KNOWN, "where")


class MappingError(Exception):
    """The mapping cannot be used; the message is a sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text comes from: a column, put behind a prefix; or one text for all rows."""

    column: str | None
    text: str

    def of(self, row: Mapping[str, str]) -> str:
        """Empty where the column is."""
        if self.column is None:
            return self.text
        found = row[self.column].strip()
        return self.text + found if found else ""


Field = tuple[Source, ...]
"""Sources of one text; the first that is not empty counts."""


@dataclass(frozen=True, slots=True)
class LedgerMapping:
    """A mapping that was checked. `dates` are forms of strptime; `thousands` is a mark that is dropped, or empty.

    `where` keeps a row when each of these columns has one of these texts.
    """

    delimiter: str
    encoding: str
    dates: tuple[str, ...]
    decimal: str
    thousands: str
    where: Mapping[str, frozenset[str]]
    customer: Mapping[str, Field]
    invoice: Mapping[str, Field]
    payment: Mapping[str, Field]
    said: str

    @classmethod
    def load(cls, path: Path) -> "LedgerMapping":
        """Raises MappingError."""
        try:
            return cls.of(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise MappingError(f"The mapping {path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MappingError(f"The mapping {path} is no TOML: {error}.") from error

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "LedgerMapping":
        """Raises MappingError."""
        _check(told)
        file = told.get("file", {})
        dates = file.get("dates", "%Y-%m-%d")
        return cls(
            delimiter=file.get("delimiter", ","), encoding=file.get("encoding", "utf-8-sig"),
            dates=(dates,) if isinstance(dates, str) else tuple(dates), decimal=file.get("decimal", "."),
            thousands=file.get("thousands", ""),
            where={column: frozenset([texts] if isinstance(texts, str) else texts)
                   for column, texts in told.get("where", {}).items()},
            customer=_fields(told, "customer"), invoice=_fields(told, "invoice"), payment=_fields(told, "payment"),
            said=json.dumps(told, sort_keys=True, ensure_ascii=False, default=str))

    @property
    def columns(self) -> set[str]:
        """Every column that a row must have."""
        fields = (*self.customer.values(), *self.invoice.values(), *self.payment.values())
        return {one.column for field in fields for one in field if one.column is not None} | set(self.where)

    def means(self, row: Mapping[str, str]) -> bool:
        return all(row[column].strip() in texts for column, texts in self.where.items())


def text_of(field: Field | None, row: Mapping[str, str]) -> str:
    """The first text that is not empty; else the empty one."""
    return next((text for source in field or () if (text := source.of(row))), "")


def _check(told: Mapping[str, Any]) -> None:
    if unknown := sorted(set(told) - set(SECTIONS)):
        raise MappingError(f"The mapping has a section [{unknown[0]}]; there are {', '.join(SECTIONS)}.")
    for section in told:
        if not isinstance(told[section], dict):
            raise MappingError(f"[{section}] is a section with lines of its own.")
        if section in KNOWN and (unknown := sorted(set(told[section]) - set(KNOWN[section]))):
            raise MappingError(f"[{section}] knows no {unknown[0]}; it knows {', '.join(KNOWN[section])}.")
    if "customer" not in told or not {"invoice", "payment"} & set(told):
        raise MappingError("A mapping has [customer], and [invoice] or [payment] or both.")
    needed = {section: [*names] for section, names in NEEDED.items() if section in told}
    if "invoice" not in told:
        needed["payment"] += ["external_id", "currency", "amount"]
    for section, names in needed.items():
        if missing := [name for name in names if name not in told[section]]:
            raise MappingError(f"[{section}] must say where {missing[0]} comes from.")
    _check_texts(told)


def _check_texts(told: Mapping[str, Any]) -> None:
    file = told.get("file", {})
    if not all(isinstance(text, str) for text in _flat([*file.values(), *told.get("where", {}).values()])):
        raise MappingError("[file] and [where] hold texts, or lists of texts.")
    if file.get("decimal", ".") == file.get("thousands", "") or len(file.get("delimiter", ",")) != 1:
        raise MappingError("The delimiter is one character, and the mark for thousands is not the decimal mark.")


def _flat(values: Iterable[Any]) -> list[Any]:
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


def _fields(told: Mapping[str, Any], section: str) -> dict[str, Field]:
    return {name: tuple(_source(one, f"[{section}] {name}") for one in _flat([value]))
            for name, value in told.get(section, {}).items()}


def _source(value: Any, where: str) -> Source:
    """`"column"`, `{column = "column", prefix = "A-"}` or `{text = "the same for all"}`."""
    if isinstance(value, str):
        return Source(value, "")
    if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
        if set(value) == {"text"}:
            return Source(None, value["text"])
        if "column" in value and set(value) <= {"column", "prefix"}:
            return Source(value["column"], value.get("prefix", ""))
    forms = '"a column", {column = "...", prefix = "..."}, {text = "..."}, or a list of these'
    raise MappingError(f"{where} is {forms}.")
