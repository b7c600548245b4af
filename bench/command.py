"""`./dunlin bench [NAME...] [--quick]`: runs benches one after another, each on a stage of its own; quick on one."""

import argparse
import json
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from bench.report import Report, progress
from bench.stage import DURABLE, Stage, last_words, stage

StageOf = Callable[[], AbstractContextManager[Stage]]

BENCHES = {
    "invoice": "an invoice of 3 lines, against hand-written limits: many customers, one series, one customer",
    "batch": "invoices in batches of 20 through invoices:batch, against hand-written limits; then all on one customer",
    "payment": "a payment over 3 open items, oldest first, against hand-written limits; then all on one customer",
    "authorize": "credit asked for orders: many customers, one customer, at 300/s offered, 200 at once",
    "live": "a payment posted until credit-svc and notify-svc have committed what follows, at 50/s",
    "events": "the relay, and the consumer with credit-svc's own handler",
    "ageing": "ageing by customer at 10,000 to 1,000,000 open items, of today and of the past",
    "pages": "pages of 1,000,000 invoices at any depth, and the search for a part of a name among 200,000",
    "dunning": "the run of the ladder over 10,000 items of 2,000 customers, with payments beside",
    "ledger": "an older ledger of 34,077 invoices with their payments taken over, with payments beside",
    "statements": "statements of 500 customers with long pasts made by one run, with payments beside",
    "day_turn": "the turn of the day at 1,000,000 open items, with payments beside",
    "up": "./dunlin up again on its data, and each service apart: seconds to the first answer, memory, cores when idle",
    "held": "the relay while a transaction elsewhere has written and stays open: how old facts reach the log",
    "anatomy": "invoice, batch, payment and authorisation taken apart: statements, trips, commits, time by part",
}


QUICK_ORDER = ("live", "dunning", "events", "held", "ledger", "day_turn", "statements")
"""On the stage they share, those that wait for a worker come first: it has little to catch up with then."""
LAST = Path(__file__).parent / "results/seconds.json"
"""How long the last whole run of each bench took on this machine."""


def main() -> int:
    """Exit status 0 when all named benches ran to their end; a missed aim is told, and is no failure."""
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report, began = Report(), time.monotonic()
    report.line("machine", "described", cores=os.cpu_count(), python=platform.python_version(),
                system=platform.platform(), load_average=os.getloadavg(), postgres=DURABLE, quick=asked.quick,
                growth=asked.growth)
    failed = _run_all(asked.names or list(BENCHES), report, asked)
    told = (report.table(), *report.tables, report.aims(judged=not asked.quick), report.described())
    print("\n\n".join(told), f"all: {time.monotonic() - began:.0f} s", sep="\n")
    if failed:
        print(f"did not run to their end: {', '.join(failed)}")
    return 1 if failed else 0


def _run_all(names: Sequence[str], report: Report, asked: argparse.Namespace) -> list[str]:
    """Those that broke; each says why, and the others go on."""
    failed, last = list[str](), json.loads(LAST.read_text()) if LAST.exists() else {}
    if asked.quick and len(names) > 1:
        names = sorted(names, key=lambda name: [*QUICK_ORDER, name].index(name))
    with _stages(one_for_all=asked.quick and len(names) > 1) as stage_of:
        for number, name in enumerate(names, start=1):
            before = "" if asked.quick or name not in last else f"; it took {last[name]} s the last time"
            progress(f"{number} of {len(names)}, {name}: {BENCHES[name]}{before}")
            began = time.monotonic()
            try:
                _run(name, report, asked, stage_of)
            except Exception:
                traceback.print_exc()
                progress(f"{name} broke after {time.monotonic() - began:.0f} s; the others go on")
                failed.append(name)
                continue
            if not asked.quick and asked.growth == 1:
                last[name] = round(time.monotonic() - began)
                LAST.parent.mkdir(exist_ok=True)
                LAST.write_text(json.dumps(last, indent=2))
            if asked.table:
                _write(Path(asked.table), report, judged=not asked.quick)
    return failed


@contextmanager
def _stages(*, one_for_all: bool) -> Iterator[StageOf]:
    """What gives a bench its stage: one of its own, or the one that all share, without what the last one started."""
    if not one_for_all:
        yield stage
        return
    with stage(shared=True) as shared:

        @contextmanager
        def cleared() -> Iterator[Stage]:
            try:
                yield shared
            except Exception as broken:
                broken.add_note(last_words(shared))
                raise
            finally:
                shared.clear()

        yield cleared


def _write(path: Path, report: Report, *, judged: bool) -> None:
    """The rows of this run, behind those that are there of other benches: ready for docs/performance.md."""
    head, line, *rows = report.aims(judged=judged).splitlines()
    ours = {row.split("|")[1] for row in rows}
    kept = [row for row in path.read_text().splitlines()[2:] if row.split("|")[1] not in ours] if path.exists() else []
    path.write_text("\n".join([head, line, *kept, *rows]) + "\n")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dunlin bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Benchmarks, each on a durable PostgreSQL of its own, removed afterwards.",
        epilog="\n".join(f"  {name:<11}{what}" for name, what in BENCHES.items()))
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all of them where none is named")
    parser.add_argument("--quick", action="store_true",
                        help="seconds each, all on one stage: shows that they run, no more")
    parser.add_argument("--growth", type=int, default=1,
                        help="so many times the data; refused where a bench that is named takes none")
    parser.add_argument("--table", metavar="FILE",
                        help="keep the rows of what was measured there, as Markdown; those of other benches stay")
    asked = parser.parse_args()
    asked.table = asked.table and Path(os.environ.get("DUNLIN_CALLED_FROM", "."), asked.table)
    unknown = [name for name in asked.names if name not in BENCHES]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    fixed = [name for name in asked.names if asked.growth != 1 and not _grows(name)]
    if fixed:
        parser.error(f"--growth means nothing to {', '.join(fixed)}")
    return asked


def _bench(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(f"bench.benches.{name}"), name)
    return found


def _grows(name: str) -> bool:
    return "growth" in signature(_bench(name)).parameters


def _run(name: str, report: Report, asked: argparse.Namespace, stage_of: StageOf) -> None:
    began, load = time.monotonic(), os.getloadavg()[0]
    grows = {"growth": asked.growth} if _grows(name) else {}
    if asked.growth != 1 and not grows:
        report.line(name, "is not grown: the data are those it always has")
    with stage_of() as on:
        _bench(name)(on, report, quick=asked.quick, **grows)
    report.line(name, "ran", seconds=round(time.monotonic() - began), load_average_before=round(load, 1))


if __name__ == "__main__":
    sys.exit(main())
