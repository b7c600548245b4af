"""The timeline of faults: what was done to the system and when, printed with the seed when something does not hold."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Timeline:
    """Faults in the order in which they happened; times in seconds since the beginning."""

    seed: int
    record: Callable[[str, object], None]
    began: float = field(default_factory=time.monotonic)
    faults: list[tuple[float, str]] = field(default_factory=list)

    def note(self, what: str, *more: str) -> None:
        self.faults.append((time.monotonic() - self.began, " ".join((what, *more))))

    def count(self, of: str) -> int:
        """How many faults begin with these words."""
        return sum(what.startswith(of) for _, what in self.faults)

    def kinds(self) -> Counter[str]:
        return Counter(what for _, what in self.faults)

    def survived(self, what: str) -> None:
        """Have it said at the end of the test run."""
        self.record("survived", what)

    def told(self) -> str:
        """All of it, a line each; the seed first, so that it can be run again."""
        lines = [f"{at:8.2f} s  {what}" for at, what in self.faults]
        return "\n".join([f"seed {self.seed}: pytest -m chaos --seed={self.seed}", *lines])
