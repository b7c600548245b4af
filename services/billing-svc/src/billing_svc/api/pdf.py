"""A paper as a PDF. Chinese is set in a font that the reader brings; none is shipped or looked for (ADR 0024).

All else is set in a font that no reader lacks, so that every figure can be read where there is no Chinese font.
"""

import re
from html import escape
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from billing_svc.api.paper import Cell, Paper, PaperTable
from dunlin_kernel.money import Money

FONT, LATIN = "STSong-Light", "Helvetica"
_MARGIN, _GREY = 15 * mm, HexColor("#dddddd")
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=8, leading=10, wordWrap="CJK")
_RIGHT = ParagraphStyle("right", parent=_TEXT, alignment=TA_RIGHT)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontSize=15, leading=20)
_HEADING = ParagraphStyle("heading", parent=_TEXT, fontSize=10, leading=16)
_PLAIN = {style.name: ParagraphStyle(style.name, parent=style, fontName=LATIN)
          for style in (_TEXT, _RIGHT, _TITLE, _HEADING)}
_GRID = TableStyle([
    ("LINEBELOW", (0, 0), (-1, -1), 0.25, _GREY), ("BACKGROUND", (0, 0), (-1, 0), HexColor("#f2f2f2")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2), ("RIGHTPADDING", (0, 0), (-1, -1), 2)])
_CONTROL, _RUNS = re.compile(r"[\x00-\x1f]"), re.compile(r"[ -~]+|[^ -~]+")

pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def pdf_of(paper: Paper) -> bytes:
    """A4 pages; a table that goes over the end of a page repeats its columns. The same paper gives the same bytes."""
    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN + 5 * mm,
        title=paper.title, invariant=1)
    story: list[Flowable] = [_line(paper.title, _TITLE)]
    story += [_line(f"{label}  {value}", _TEXT) for label, value in paper.facts]
    for table in paper.tables:
        story += [Spacer(1, 4 * mm), _line(table.heading, _HEADING), _table(table, document.width)]

    def foot(canvas: Any, _: Any) -> None:
        line = canvas.beginText(_MARGIN, _MARGIN)
        for run in _RUNS.findall(_CONTROL.sub(" ", paper.foot)):
            line.setFont(_font(run), 7)
            line.textOut(run)
        canvas.drawText(line)
        canvas.setFont(LATIN, 7)
        canvas.drawRightString(A4[0] - _MARGIN, _MARGIN, str(canvas.getPageNumber()))

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _table(table: PaperTable, width: float) -> Flowable:
    whole = sum(table.widths)
    rows = [[_line(column, _TEXT) for column in table.columns], *([_cell(cell) for cell in row] for row in table.rows)]
    return LongTable(rows, colWidths=[width * one / whole for one in table.widths], repeatRows=1, style=_GRID)


def _cell(cell: Cell) -> Paragraph:
    if isinstance(cell, Money):
        return _line(cell.amount, _RIGHT)
    return _line(str(cell), _RIGHT if isinstance(cell, int) else _TEXT)


def _line(text: str, style: ParagraphStyle) -> Paragraph:
    plain = _CONTROL.sub(" ", text)
    if plain.isascii():
        return Paragraph(escape(plain), _PLAIN[style.name])
    runs = _RUNS.findall(plain)
    return Paragraph("".join(f'<font name="{_font(run)}">{escape(run)}</font>' for run in runs), style)


def _font(run: str) -> str:
    return LATIN if run.isascii() else FONT
