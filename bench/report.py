"""What a bench says: one JSON line per figure for machines, and a table for people at the end."""

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


@dataclass(slots=True)
class Report:
    """Collects the lines of the table while JSON lines go out as they come."""

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def line(self, bench: str, what: str, **facts: Any) -> None:
        print(json.dumps({"bench": bench, "what": what, **facts}, ensure_ascii=False), flush=True)

    def figure(self, bench: str, what: str, spread: Spread, unit: str, aim: str = "") -> None:
        """One measured thing, for both readers."""
        told = spread.told()
        self.line(bench, what, unit=unit, **told, runs=len(spread.values), aim=aim)
        self.rows.append((bench, what, f"{told['median']:g} {unit}", f"{told['min']:g} to {told['max']:g}", aim))

    def table(self) -> str:
        """Columns: bench, what, median, spread, aim."""
        head = ("bench", "what", "median", "min to max", "aim")
        lines = [head, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                         for line in lines)


def progress(said: str) -> None:
    """For the person who waits; not part of the result."""
    print(f"bench: {said}", file=sys.stderr, flush=True)


def per_request(burnt: Mapping[str, float], count: int) -> dict[str, float]:
    """Core microseconds per request by part."""
    return {name: round(seconds / max(count, 1) * 1e6) for name, seconds in burnt.items()}
