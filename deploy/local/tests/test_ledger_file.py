"""A ledger file read by its mapping: every form of date and amount exactly, every bad row by itself, never a guess."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin_kernel.money import Money
from dunlin_local.ledger_file import LedgerFile, LedgerFileError, LedgerLine
from dunlin_local.ledger_mapping import LedgerMapping, MappingError

CUSTOMER = {"external_id": "who", "name": ["name", "who"], "due_days": {"text": "30"}}
INVOICE = {"external_id": ["number", {"column": "row", "prefix": "row-"}], "currency": "currency", "amount": "amount",
           "issued_on": "issued", "due_on": "due"}
PAYMENT = {"received_on": "paid"}
HEADER = "row,number,who,name,currency,amount,issued,due,paid"


def mapping(**more: Any) -> LedgerMapping:
    return LedgerMapping.of({"customer": CUSTOMER, "invoice": INVOICE, "payment": PAYMENT} | more)


def lines(folder: Path, text: str, how: LedgerMapping | None = None, *, encoding: str = "utf-8") -> list[LedgerLine]:
    path = folder / "ledger.csv"
    path.write_bytes(text.encode(encoding))
    return list(LedgerFile(path, how or mapping()).lines())


def test_a_row_is_an_invoice_and_the_payment_that_cleared_it(tmp_path: Path) -> None:
    one, two = lines(tmp_path, f"{HEADER}\n1,,C1,北京华为,cny,24254.0,2019-01-02,2019-02-01,2019-02-03\n"
                               "2,7001,C2,,JPY,5.00,2019-01-02,2019-02-01,\n")
    assert one.customer == {"line": 2, "external_id": "C1", "name": "北京华为", "due_days": 30}
    assert one.row == {
        "line": 2, "customer_external_id": "C1", "currency": "CNY",
        "invoice": {"external_id": "row-1", "amount": "24254.00", "issued_on": "2019-01-02", "due_on": "2019-02-01"},
        "payment": {"external_id": "row-1", "invoice_external_id": "row-1", "amount": "24254.00",
                    "received_on": "2019-02-03", "method": "bank_transfer"}}
    assert two.customer == {"line": 3, "external_id": "C2", "name": "C2", "due_days": 30}
    assert two.row is not None
    assert two.row["invoice"] == {
        "external_id": "7001", "amount": "5", "issued_on": "2019-01-02", "due_on": "2019-02-01"}
    assert "payment" not in two.row


@pytest.mark.parametrize(("row", "code"), [
    ("1,,C1,N,CNY,12.345,2019-01-02,2019-02-01,", "excess_digits"),
    ("1,,C1,N,JPY,5.01,2019-01-02,2019-02-01,", "excess_digits"),
    ("1,,C1,N,CNY,1e3,2019-01-02,2019-02-01,", "unreadable_amount"),
    ('1,,C1,N,CNY,"1,000.00",2019-01-02,2019-02-01,', "unreadable_amount"),
    ("1,,C1,N,CNY,,2019-01-02,2019-02-01,", "unreadable_amount"),
    ("1,,C1,N,CNY,NaN,2019-01-02,2019-02-01,", "unreadable_amount"),
    ("1,,C1,N,XYZ,1.00,2019-01-02,2019-02-01,", "unknown_currency"),
    ("1,,C1,N,CNY,1.00,2019-02-30,2019-02-01,", "unreadable_date"),
    ("1,,C1,N,CNY,1.00,2019-01-02,01/02/2019,", "unreadable_date"),
    ("1,,C1,N,CNY,1.00,2019-01-02,2019-02-01,soon", "unreadable_date"),
    ("1,,C1,N,CNY,1.00,2019-01-02", "short_row"),
    (f"1,,C1,{'N' * 1001},CNY,1.00,2019-01-02,2019-02-01,", "text_too_long"),
])
def test_a_row_that_cannot_be_read_is_told_by_line_and_the_next_one_is_read(
    tmp_path: Path, row: str, code: str,
) -> None:
    bad, good = lines(tmp_path, f"{HEADER}\n{row}\n2,,C1,N,CNY,1.00,2019-01-02,2019-02-01,\n")
    assert bad.why is not None
    assert (bad.line, bad.why.code, bad.row, bad.customer) == (2, code, None, None)
    assert bad.external_id == "row-1"
    assert good.row is not None


def test_a_row_of_another_encoding_is_told_by_line_and_the_next_one_is_read(tmp_path: Path) -> None:
    rows = [f"{n},,C1,N{{}},CNY,1.00,2019-01-02,2019-02-01," for n in (1, 2)]
    path = tmp_path / "ledger.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), rows[0].encode().replace(b"{}", b"\x80"), rows[1].encode()]) + b"\n")
    bad, good = LedgerFile(path, mapping()).lines()
    assert bad.why is not None
    assert (bad.line, bad.why.code, bad.row, bad.customer) == (2, "unreadable_bytes", None, None)
    assert good.row is not None


def test_a_quote_that_is_never_closed_is_told_by_the_line_where_its_row_begins(tmp_path: Path) -> None:
    row = "1,,C1,N,CNY,1.00,2019-01-02,2019-02-01,\n"
    with pytest.raises(LedgerFileError, match="begins on line 3"):
        lines(tmp_path, f'{HEADER}\n{row}2,,C1,"N,CNY,1.00,2019-01-02,2019-02-01,\n{row}')


def test_decimal_commas_marks_for_thousands_and_other_dates(tmp_path: Path) -> None:
    how = mapping(file={"delimiter": ";", "decimal": ",", "thousands": ".", "dates": ["%d.%m.%Y", "%Y-%m-%d"],
                        "encoding": "iso-8859-1"})
    text = f"{HEADER.replace(',', ';')}\n1;;C1;Müller;EUR;1.234,5;02.01.2019;2019-02-01;\n"
    line, = lines(tmp_path, text, how, encoding="iso-8859-1")
    assert line.customer is not None
    assert line.row is not None
    assert line.customer["name"] == "Müller"
    assert line.row["invoice"] | {"external_id": ""} == {
        "external_id": "", "amount": "1234.50", "issued_on": "2019-01-02", "due_on": "2019-02-01"}
    for ungrouped in ("1234.5", "1.2345", "1.23,4", "12,345.6", ".234", "1..234"):
        wrong, = lines(tmp_path, text.replace("1.234,5", ungrouped), how, encoding="iso-8859-1")
        assert wrong.why is not None
        assert wrong.why.code == "unreadable_amount", ungrouped


def test_only_the_rows_that_are_meant_are_read_and_a_line_is_where_its_row_begins(tmp_path: Path) -> None:
    text = (f'{HEADER}\n1,,C1,"two\nlines",USD,1.00,2019-01-02,2019-02-01,\n\n'
            "2,,C2,N,CAD,1.00,2019-01-02,2019-02-01,\n3,,C3,N,USD,1.00,2019-01-02,2019-02-01,\n")
    assert [line.line for line in lines(tmp_path, text, mapping(where={"currency": "USD"}))] == [2, 6]
    assert [line.line for line in lines(tmp_path, text, mapping(where={"currency": ["USD", "CAD"]}))] == [2, 5, 6]


def test_gzip_and_a_byte_order_mark_are_seen_through(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes(gzip.compress(f"\ufeff{HEADER}\n1,,C1,N,CNY,1.00,2019-01-02,2019-02-01,\n".encode()))
    assert [line.line for line in LedgerFile(path, mapping()).lines()] == [2]


def test_payments_alone_name_their_invoice(tmp_path: Path) -> None:
    how = LedgerMapping.of({"customer": CUSTOMER, "payment": {
        "received_on": "paid", "external_id": "row", "invoice": "number", "currency": "currency", "amount": "amount",
        "method": {"text": "cash"}}})
    line, other = lines(tmp_path, f"{HEADER}\n1,7001,C1,N,CNY,1.00,,,2019-02-01\n2,,C1,N,CNY,1.00,,,2019-02-01\n", how)
    assert line.row is not None
    assert line.row["payment"] == {"external_id": "1", "invoice_external_id": "7001", "amount": "1.00",
                                   "received_on": "2019-02-01", "method": "cash"}
    assert other.row is not None
    assert other.row["payment"]["invoice_external_id"] is None


@pytest.mark.parametrize(("text", "said"), [
    (b"", "has no column"), (b"row,number\n", "has no column amount"), (b"\xff\xfe\x00", "cannot be read as CSV"),
    (f'{HEADER}\n1,,"C1'.encode(), "cannot be read as CSV"), (b"\x1f\x8b\x08\x00broken", "cannot be read as CSV"),
])
def test_a_file_that_is_none_is_told_in_a_sentence(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes(text)
    with pytest.raises(LedgerFileError, match=said):
        list(LedgerFile(path, mapping()).lines())


@pytest.mark.parametrize("damage", [
    lambda packed: packed[:-20], lambda packed: packed[:60] + b"\xff" * 40 + packed[100:]])
def test_a_damaged_archive_is_told_in_a_sentence(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "ledger.csv.gz"
    rows = "".join(f"{n},,C{n},N,CNY,{n}.00,2019-01-02,2019-02-01,\n" for n in range(2000))
    path.write_bytes(damage(gzip.compress(f"{HEADER}\n{rows}".encode())))
    with pytest.raises(LedgerFileError, match="cannot be read as CSV"):
        list(LedgerFile(path, mapping()).lines())


def test_a_file_of_another_encoding_than_the_mapping_says_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LedgerFileError, match="cannot be read as CSV in utf-16"):
        lines(tmp_path, HEADER, mapping(file={"encoding": "utf-16"}))


def test_another_mapping_of_the_same_file_is_another_import(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(HEADER)
    usd, again, cad = (LedgerFile(path, mapping(where={"currency": one})).digest() for one in ("USD", "USD", "CAD"))
    assert usd == again != cad
    path.write_text(HEADER + "\n")
    assert LedgerFile(path, mapping(where={"currency": "USD"})).digest() != usd
    with pytest.raises(LedgerFileError, match="cannot be read: No such file"):
        LedgerFile(tmp_path / "nowhere", mapping()).digest()


@pytest.mark.parametrize(("told", "said"), [
    ({"invoice": INVOICE}, "has .customer., and"),
    ({"customer": CUSTOMER}, "or both"),
    ({"customer": CUSTOMER, "invoice": INVOICE, "invoices": {}}, "a section .invoices.; there are"),
    ({"customer": CUSTOMER | {"colour": "c"}, "invoice": INVOICE}, "knows no colour"),
    ({"customer": {"name": "n", "due_days": "d"}, "invoice": INVOICE}, "where external_id comes from"),
    ({"customer": CUSTOMER, "payment": PAYMENT}, "where external_id comes from"),
    ({"customer": CUSTOMER, "invoice": INVOICE | {"amount": 7}}, "amount is"),
    ({"customer": CUSTOMER, "invoice": INVOICE | {"amount": {"column": "a", "suffix": "b"}}}, "amount is"),
    ({"customer": CUSTOMER, "invoice": INVOICE, "file": {"decimal": ",", "thousands": ","}}, "is not the decimal mark"),
    ({"customer": CUSTOMER, "invoice": INVOICE, "where": {"currency": 7}}, "hold texts"),
    ({"customer": CUSTOMER, "invoice": "amount"}, "is a section"),
])
def test_a_mapping_that_says_too_little_or_too_much_is_refused_in_a_sentence(told: dict[str, Any], said: str) -> None:
    with pytest.raises(MappingError, match=said):
        LedgerMapping.of(told)


def test_a_mapping_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text("[customer")
    with pytest.raises(MappingError, match="is no TOML"):
        LedgerMapping.load(path)
    with pytest.raises(MappingError, match="cannot be read"):
        LedgerMapping.load(tmp_path / "nowhere.toml")


@given(minor=st.integers(0, 10**17 - 1), currency=st.sampled_from(["CNY", "JPY", "BHD"]),
       zeros=st.integers(0, 3), short=st.booleans())
def test_any_amount_keeps_its_exact_worth(
    tmp_path_factory: pytest.TempPathFactory, minor: int, currency: str, zeros: int, short: bool,
) -> None:
    amount = Money(minor, currency).amount
    written = (amount.rstrip("0") if short and "." in amount else amount) + ("0" * zeros if "." in amount else "")
    folder = tmp_path_factory.mktemp("amount")
    line, = lines(folder, f"{HEADER}\n1,,C1,N,{currency},{written},2019-01-02,2019-02-01,\n")
    assert line.row is not None
    assert line.row["invoice"]["amount"] == amount
