"""A letter as a PDF, ready to be folded and posted; Chinese is set in a font that the reader brings (ADR 0024).

All else is set in fonts that no reader lacks, so that every figure can be read where there is no Chinese font.
"""

import re
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT, LATIN, FIXED = "STSong-Light", "Helvetica", "Courier"
SIZE, LEADING, WIDEST = 10, 14, 90
_LEFT, _TOP, _BOTTOM = 25 * mm, A4[1] - 25 * mm, 25 * mm
_WINDOW = A4[1] - 50 * mm
_RUNS = re.compile(r"[ -~]+|[^ -~]+")

pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def letter_pdf(address: str, subject: str, body: str) -> bytes:
    """A4 pages, the address where the window of an envelope is. The same letter gives the same bytes."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(subject)
    down = _WINDOW
    for line in address.splitlines():
        down = _line(canvas, line, down)
    down = min(down, A4[1] - 95 * mm)
    for line in [subject, "", *body.splitlines()]:
        for part in _cut(line):
            if down < _BOTTOM:
                canvas.showPage()
                down = _TOP
            down = _line(canvas, part, down)
    canvas.save()
    return out.getvalue()


def _line(canvas: Canvas, line: str, down: float) -> float:
    """Columns of figures stay below each other: what is plain is set in letters of one width."""
    plain = line.isascii() and "  " in line
    text = canvas.beginText(_LEFT, down)
    for run in _RUNS.findall(line):
        text.setFont(_font(run, plain=plain), SIZE - 1 if plain else SIZE)
        text.textOut(run)
    canvas.drawText(text)
    return down - LEADING


def _font(run: str, *, plain: bool) -> str:
    if plain:
        return FIXED
    return LATIN if run.isascii() else FONT


def _cut(line: str) -> list[str]:
    """Parts that fit on a line; Chinese takes twice the room."""
    parts: list[str] = []
    part, width = "", 0
    for letter in line:
        wide = 1 if letter.isascii() else 2
        if width + wide > WIDEST:
            parts, part, width = [*parts, part], "", 0
        part, width = part + letter, width + wide
    return [*parts, part]
