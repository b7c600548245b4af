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
    """Several measurements of one thing, and of the same work written by hand in the same run and unit."""

    values: Sequence[float]
    limit: "Spread | None" = None

    def beside(self, limit: "Spread | None") -> "Spread":
        return Spread(self.values, limit)

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
    def of_limit(self) -> Spread | None:
        """How many times as fast as the limit, or as small where it is a size; run by run where both had as many."""
        ours, theirs = self.spread, self.spread.limit
        if theirs is None:
            return None
        pairs = zip(ours.values, theirs.values, strict=True) if len(ours.values) == len(theirs.values) else [
            (ours.median, theirs.median)]
        return Spread([one / other if self.unit == "/s" else other / one for one, other in pairs])

    @property
    def measured(self) -> str:
        return _told(self.spread, self.unit)

    @property
    def beside_limit(self) -> str:
        """The ratio, and what the limit itself took."""
        limit, ratio = self.spread.limit, self.of_limit
        if limit is None or ratio is None:
            return ""
        return f"{_told(ratio, 'x')} of {_short(limit.median)} {self.unit}".rstrip()

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
        if spread.limit is not None and one.of_limit is not None:
            judged |= {"limit": spread.limit.told(), "of_limit": one.of_limit.told()}
        self.line(bench, what, unit=unit, **spread.told(), runs=len(spread.values), **judged)

    def table(self) -> str:
        """All figures: bench, what, median, spread, beside the limit, aim."""
        lines = [("bench", "what", "measured", "of the limit", "aim")]
        lines += [(one.bench, one.what, one.measured, one.beside_limit, str(one.aim or "")) for one in self.figures]
        widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                         for line in lines)

    def aims(self, *, judged: bool) -> str:
        """Rows of a Markdown table: figures with an aim or a limit. Not `judged`, nothing is said of the aim."""
        lines = ["| bench | figure | aim | measured | of the limit | |", "|---|---|---|---|---|---|"]
        lines += [f"| `{one.bench}` | {one.what} | {one.aim or ''} | {one.measured} | {one.beside_limit} | "
                  f"{_verdict(one) if judged else ''} |" for one in self.figures if one.aim or one.spread.limit]
        return "\n".join(lines)

    def described(self) -> str:
        """What each bench was run with, a line each."""
        return "\n".join(f"{bench}: {', '.join(f'{name} {value}' for name, value in facts.items())}"
                         for bench, facts in self.settings.items())


def progress(said: str) -> None:
    """For the person who waits; not part of the result."""
    print(f"bench: {said}", file=sys.stderr, flush=True)


def per_request(burnt: Mapping[str, float], count: int) -> dict[str, float]:
    """Core microseconds per request by part."""
    return {name: round(seconds / max(count, 1) * 1e6) for name, seconds in burnt.items()}


def _verdict(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    return "met" if figure.is_met else "**missed**"


def _told(spread: Spread, unit: str) -> str:
    """The median, and from where to where it went; "times" for ratios."""
    ranged = f"{_short(min(spread.values))} to {_short(max(spread.values))}" if len(spread.values) > 1 else "one run"
    return f"{_short(spread.median)} {'times' if unit == 'x' else unit}".rstrip() + f" ({ranged})"


def _short(value: float) -> str:
    """As many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
