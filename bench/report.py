"""What a bench says: one JSON line per figure for machines, a table of all figures for people, and at the end what
was aimed at beside what was measured."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.values)

    def told(self, digits: int = 3) -> dict[str, float]:
        return {"min": round(min(self.values), digits), "median": round(self.median, digits),
                "max": round(max(self.values), digits)}


@dataclass(frozen=True, slots=True)
class Aim:
    """What the median of a figure should be: `at_least` so much, or `under` it."""

    bound: float
    is_least: bool

    def __str__(self) -> str:
        return f"{'>=' if self.is_least else '<'} {self.bound:,g}"

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value < self.bound


def at_least(bound: float) -> Aim:
    return Aim(bound, is_least=True)


def under(bound: float) -> Aim:
    return Aim(bound, is_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing of a bench, and what was aimed at where anything was."""

    bench: str
    what: str
    spread: Spread
    unit: str
    aim: Aim | None

    @property
    def measured(self) -> str:
        told = self.spread.told()
        one = f"{_short(told['median'])} {self.unit}".rstrip()
        spread = f"{_short(told['min'])} to {_short(told['max'])}" if len(self.spread.values) > 1 else "one run"
        return f"{one} ({spread})"

    @property
    def is_met(self) -> bool:
        return self.aim is None or self.aim.is_met(self.spread.median)


@dataclass(slots=True)
class Report:
    """Collects the figures while JSON lines go out as they come."""

    figures: list[Figure] = field(default_factory=list)
    settings: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    """More of them, in Markdown, for people."""

    def line(self, bench: str, what: str, **facts: Any) -> None:
        print(json.dumps({"bench": bench, "what": what, **facts}, ensure_ascii=False), flush=True)
        if what == "setting":
            self.settings[bench] = facts

    def figure(self, bench: str, what: str, spread: Spread, unit: str, aim: Aim | None = None) -> None:
        """One measured thing, for both readers."""
        one = Figure(bench, what, spread, unit, aim)
        self.figures.append(one)
        judged = {"aim": str(aim), "met": one.is_met} if aim else {}
        self.line(bench, what, unit=unit, **spread.told(), runs=len(spread.values), **judged)

    def table(self) -> str:
        """All figures: bench, what, median, spread, aim."""
        lines = [("bench", "what", "measured", "aim")]
        lines += [(one.bench, one.what, one.measured, str(one.aim or "")) for one in self.figures]
        widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                         for line in lines)

    def aims(self, *, judged: bool) -> str:
        """Rows of a Markdown table: each figure with an aim, beside it. Not `judged`, nothing is said of the aim."""
        lines = ["| bench | what | measured | aim | |", "|---|---|---|---|---|"]
        lines += [f"| `{one.bench}` | {one.what} | {one.measured} | {one.aim} | {_verdict(one) if judged else ''} |"
                  for one in self.figures if one.aim]
        lines += ["", *(f"{bench}: {', '.join(f'{name} {value}' for name, value in facts.items())}"
                        for bench, facts in self.settings.items())]
        return "\n".join(lines)


def progress(said: str) -> None:
    """For the person who waits; not part of the result."""
    print(f"bench: {said}", file=sys.stderr, flush=True)


def per_request(burnt: Mapping[str, float], count: int) -> dict[str, float]:
    """Core microseconds per request by part."""
    return {name: round(seconds / max(count, 1) * 1e6) for name, seconds in burnt.items()}


def _verdict(figure: Figure) -> str:
    return "met" if figure.is_met else "missed"


def _short(value: float) -> str:
    """As many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
