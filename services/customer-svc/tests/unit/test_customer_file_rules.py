"""Spreadsheets of customers: workbooks and comma-separated text are read, cleaned, and refused where broken."""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from customer_svc.domain.customer_file import cleaned, code_of, rows_of_file
from customer_svc.domain.import_row import RowTexts, read_row
from customer_svc.domain.registration import Registration
from customer_svc.domain.spreadsheet import as_csv, csv_rows
from customer_svc.domain.workbook import workbook_rows
from dunlin_kernel.errors import DomainError, RuleBroken
from dunlin_kernel.ids import CustomerId, new_id

MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER = ["客户名称", "External ID", "账期", "税号", "月结", "标签"]


def workbook(*rows: list[Any], first: int = 0) -> bytes:
    packed = io.BytesIO()
    with Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows, first):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(place, column, value)
    return packed.getvalue()


def repacked(**parts: bytes) -> bytes:
    """A workbook of one row whose named parts (`sheet1`, `workbook`) are others."""
    packed, whole = io.BytesIO(), zipfile.ZipFile(io.BytesIO(workbook(["a"])))
    with zipfile.ZipFile(packed, "w") as out:
        for name in whole.namelist():
            out.writestr(name, parts.get(name.rsplit("/", 1)[-1].removesuffix(".xml"), whole.read(name)))
    return packed.getvalue()


def test_a_workbook_is_read_as_a_person_sees_it() -> None:
    rich = workbook(["名称", 30, 30.5, True, None, "尾"], ["x" * 3, 200769623, -1, False], first=1)
    assert workbook_rows(rich) == [
        [], ["名称", "30", "30.5", "true", "", "尾"], ["xxx", "200769623", "-1", "false"]]


@pytest.mark.parametrize("broken", [
    b"PK\x03\x04nothing", b"", workbook(["a"])[:200], repacked(sheet1=b"<row"), repacked(workbook=b"<workbook/>"),
    repacked(sheet1="<!DOCTYPE a><a/>".encode("utf-16")),
    repacked(sheet1=b'<s xmlns="%b"><row r="2000000"/></s>' % MAIN),
    repacked(sheet1=b'<s xmlns="%b"><row><c r="ZZZ1"/></row></s>' % MAIN),
    repacked(sheet1=b'<s xmlns="%b"><row><c t="s"><v>9</v></c></row></s>' % MAIN),
])
def test_a_broken_workbook_is_refused(broken: bytes) -> None:
    with pytest.raises(RuleBroken) as refused:
        workbook_rows(broken)
    assert refused.value.code == "bad_customer_file"


def test_a_number_that_nobody_would_write_out_stays_as_it_is() -> None:
    huge = repacked(sheet1=b'<s xmlns="%b"><row><c><v>1E999999</v></c><c><v>2.00769623E8</v></c>'
                           b'<c><v>soon</v></c></row></s>' % MAIN)
    assert workbook_rows(huge) == [["1E999999", "200769623", "soon"]]


def test_a_text_may_stand_in_its_cell() -> None:
    inline = repacked(sheet1=b'<s xmlns="%b"><row><c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"/></row></s>'
                             % MAIN)
    assert workbook_rows(inline) == [["a", ""]]


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customer_svc.domain.workbook.MAX_UNPACKED_BYTES", 10)
    with pytest.raises(RuleBroken, match="bad_customer_file"):
        workbook_rows(workbook(["a"]))


@pytest.mark.parametrize(("kind", "status", "code"), [
    ("company", None, "bad_kind"), (None, "closed", "bad_first_status")])
def test_a_row_of_no_such_kind_or_status_is_refused(kind: str | None, status: str | None, code: str) -> None:
    texts = RowTexts(
        1, "E-1", "Heron", 30, False, None, kind, status, None, None, None, None, (), None, 0, False, (), {})
    wrong = read_row(CustomerId(new_id()), texts).content
    assert isinstance(wrong, DomainError)
    assert wrong.code == code


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8), min_size=2,
                         max_size=2), max_size=5))
def test_what_an_export_wrote_is_read_again(rows: list[list[str]]) -> None:
    read = csv_rows(as_csv(("name", "tags"), rows).encode())
    assert [[cleaned(cell) for cell in row] for row in read[1:]] == [
        [cleaned(cell) for cell in row] for row in csv_rows(as_csv((), rows).encode())[1:]]
    assert read[0] == ["name", "tags"]
    assert len(read) == len(rows) + 1


@pytest.mark.parametrize(("content", "rows"), [
    ("名称;账期\r\n华为;30\r\n".encode("gb18030"), [["名称", "账期"], ["华为", "30"]]),
    (b"\xef\xbb\xbfname\tdue_days\nA, Ltd\t3\n", [["name", "due_days"], ["A, Ltd", "3"]]),
    (b'name,due_days\n"A ""B""",3', [["name", "due_days"], ['A "B"', "3"]])])
def test_text_is_read_in_its_own_way(content: bytes, rows: list[list[str]]) -> None:
    assert csv_rows(content) == rows


@pytest.mark.parametrize("content", [b"\xff\xff\xff", b'"a'])
def test_text_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(RuleBroken) as refused:
        csv_rows(content)
    assert refused.value.code == "bad_customer_file"


@pytest.mark.parametrize(("text", "name", "code"), [
    ("  ＡＢＣ　贸易 （中国）\u200b ", "ABC 贸易 （中国）", "ABC 贸易 (中国)"),
    ("'=1+1", "=1+1", "=1+1"), ("'s", "'s", "'s"),
    ("９１１１０", "91110", "91110"), ("\ufeff", "", ""), ("a  b\tc", "a b c", "a b c")])
def test_texts_are_cleaned(text: str, name: str, code: str) -> None:
    assert (cleaned(text), code_of(text)) == (name, code)


def read(*rows: list[str], due_days: int | None = 15) -> list[tuple[int, Any]]:
    """By line: the registration's name, or the code of the refusal."""
    found = []
    for texts in rows_of_file(rows, due_days):
        content = read_row(CustomerId(new_id()), texts).content
        found.append((texts.line, content.code if isinstance(content, DomainError) else content))
    return found


def test_a_row_becomes_a_registration() -> None:
    [(line, one)] = read(["", ""], HEADER, [" ", "　"], ["　华为 ", "Ｘ-1", "", "９１", "是", "大客户；华东"])
    assert isinstance(one, Registration)
    held, terms = one.particulars, one.particulars.terms
    assert (line, held.name, held.external_id, terms.due_days, held.tax_id, terms.end_of_month, held.tags) == (
        4, "华为", "X-1", 15, "91", True, ("华东", "大客户"))
    [(_, by_number)] = read(["name", "number", "性质", "状态", "size"], ["A", "C-7", "个人", "潜在", "large"])
    assert (by_number.particulars.external_id, by_number.number, by_number.particulars.kind.value,
            by_number.status.value) == ("C-7", "C-7", "person", "prospect")


def test_what_is_wrong_in_a_row_refuses_that_row() -> None:
    found = read(["name", "external_id", "due_days", "end_of_month", "prepayment_bps"],
                 ["A", "1", "soon", "", ""], ["B", "2", "-1", "", ""], ["C", "3", "3", "maybe", ""],
                 ["D", "4", "3", "no", "half"], ["", "5", "3", "1", "500"], ["F"], due_days=None)
    assert found == [(line, code) for line, code in enumerate(["bad_cell"] * 4 + ["bad_name", "bad_cell"], 2)]


@pytest.mark.parametrize("rows", [
    [], [["name"]], [["name", "mood"], ["A", "fine"]], [["name", "名称"], ["A", "B"]], [["税号"], ["1"]],
    [["name"], *(["A"] for _ in range(5001))]])
def test_a_file_whose_columns_or_lines_are_not_right_is_refused(rows: list[list[str]]) -> None:
    with pytest.raises(RuleBroken) as refused:
        rows_of_file(rows, 30)
    assert refused.value.code == "bad_customer_file"
