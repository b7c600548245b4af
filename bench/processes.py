"""What processes burn: seconds of a core, and resident memory, from the machine's own books."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Share:
    """Some processes, with their children where those belong to them."""

    pids: Sequence[int]
    with_children: bool = False

    def cpu_seconds(self) -> float:
        """User and system time so far, of children that have ended too."""
        total = 0.0
        for process in self._processes():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
            if self.with_children and process.pid in self.pids:
                total += times.children_user + times.children_system
        return total

    def resident_bytes(self) -> int:
        """Resident memory, summed: what is shared between them counts for each."""
        return sum(process.memory_info().rss for process in self._processes())

    def _processes(self) -> list[psutil.Process]:
        found = []
        for pid in self.pids:
            process = psutil.Process(pid)
            found += [process, *(process.children(recursive=True) if self.with_children else ())]
        return found


def machine_seconds() -> float:
    """Core seconds the whole machine has been busy so far."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)
