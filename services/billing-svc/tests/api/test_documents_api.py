"""Statement and ageing as documents: read back by other readers, Chinese included, and never a formula."""

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from billing_svc.api.paper import MAX_ROWS, Paper, PaperTable, fitting
from billing_svc.api.pdf import pdf_of
from billing_svc.api.xlsx import xlsx_of
from dunlin_kernel.errors import DomainError
from dunlin_kernel.money import Money

NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\",\"y\")", "\t=1", "<b>&amp;</b>", "北京\x07华为", "http://x")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def paper(*rows: tuple[Any, ...]) -> Paper:
    return Paper("对账单 Statement", (("客户", "=evil()"),), (
        PaperTable("CNY", ("文字 Text", "金额 Amount", "天 Days"), (2, 1, 1), rows),), "SHA-256 ab")


def cells_of(book: bytes) -> list[tuple[str, str]]:
    """Type and value of every cell, read without the library that wrote them."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))
        texts = ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
    shared = ["".join(one.itertext()) for one in texts.iter(f"{SHEET}si")]
    assert not list(sheet.iter(f"{SHEET}f")), "no cell is a formula"
    found = []
    for cell in sheet.iter(f"{SHEET}c"):
        kind, value = cell.get("t", "n"), cell.findtext(f"{SHEET}v")
        if value is not None:
            found.append((kind, shared[int(value)] if kind == "s" else value))
    return found


def test_what_looks_like_a_formula_is_text_in_a_sheet() -> None:
    found = cells_of(xlsx_of(paper(*((text, Money(123_456, "CNY"), 7) for text in NASTY))))
    texts = [value for kind, value in found if kind == "s"]
    assert [text.replace("\x07", " ") for text in NASTY] == [
        text for text in texts if text in {one.replace("\x07", " ") for one in NASTY}]
    assert {value for kind, value in found if kind == "n"} == {"1234.56", "7"}


def test_amounts_that_a_sheet_cannot_keep_exactly_are_text() -> None:
    found = cells_of(xlsx_of(paper(("a", Money(10**17 - 1, "CNY"), 1), ("b", Money(-5, "JPY"), 1))))
    assert ("s", "999999999999999.99") in found
    assert ("n", "-5") in found


def test_chinese_and_nasty_text_is_read_back_from_every_page() -> None:
    made = pdf_of(paper(*((text, Money(123_456, "CNY"), n) for n in range(20) for text in NASTY)))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
    assert len(pages) > 1
    assert all("金额" in page and "SHA-256 ab" in page for page in pages)
    assert "对账单" in pages[0]
    for text in ("=1+1", "@SUM(A1)", "<b>&amp;</b>", "北京 华为", "1234.56"):
        assert text in pages[0]
    assert pdf_of(paper(("a", Money(1, "CNY"), 1))) == pdf_of(paper(("a", Money(1, "CNY"), 1)))


def test_figures_are_set_in_a_font_that_no_reader_lacks_and_chinese_in_the_readers_own() -> None:
    fonts: dict[str, set[str]] = {}

    def seen(text: str, _cm: Any, _tm: Any, font: Any, _size: float) -> None:
        for word in text.split():
            fonts.setdefault(word, set()).add(str(font["/BaseFont"]) if font else "")

    made = pdf_of(paper(("华为 CNY-7", Money(123_456, "CNY"), 7)))
    PdfReader(io.BytesIO(made)).pages[0].extract_text(visitor_text=seen)
    assert fonts["1234.56"] == fonts["7"] == fonts["CNY-7"] == {"/Helvetica"}
    assert fonts["华为"] == {"/STSong-Light"}


def test_a_document_has_its_bounds() -> None:
    table = PaperTable("CNY", ("a",), (1,), (("x",),) * (MAX_ROWS + 1))
    with pytest.raises(DomainError) as refused:
        fitting([table])
    assert refused.value.code == "document_too_large"


async def test_a_statement_is_printed_with_its_figures_and_digest(company: Any) -> None:
    who = await company.register()
    await company.issue(who, "1000", "2026-01-05", rate="0")
    await company.pay(who, "300.00", "2026-01-05", reference="=cmd()")
    made = await company.post("/statements", {
        "customer_id": str(who), "period_from": "2026-01-01", "period_to": "2026-01-05"})
    path = f"/statements/{made['id']}/document"
    pdf = await company.send("GET", path)
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages))
    for expected in ("对账单", "北京华为贸易", "C-000001", "INV-000001", "700.00", "=cmd()", made["digest"]):
        assert expected in text
    book = await company.send("GET", f"{path}?format=xlsx")
    assert "statement-" in book.headers["content-disposition"]
    found = cells_of(book.content)
    assert ("s", "=cmd()") in found
    assert ("n", "700.00") in found


async def test_ageing_is_printed_whole_and_sums_up(company: Any) -> None:
    for n, net in ((1, "100"), (2, "250")):
        who = await company.register(number=f"C-{n}")
        await company.issue(who, net, "2026-01-05", rate="0")
    found = cells_of((await company.send("GET", "/ageing/document")).content)
    values = [value for _, value in found]
    assert values.index("C-2") < values.index("C-1") < values.index("合计 Total")
    assert ("n", "350.00") in found
    pdf = await company.send("GET", "/ageing/document?format=pdf&as_of=2026-01-05&known_at=2026-01-05T00:00:00Z")
    assert "账龄分析" in PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert (await company.send("GET", "/ageing/document?format=doc")).status_code == 422
