"""`./dunlin import ledger FILE`: an older ledger taken over into the running system, with progress and a report."""

import argparse
import base64
import csv
import json
import os
from pathlib import Path

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from dunlin_local.asking import ask
from dunlin_local.ledger_file import LedgerFile, LedgerFileError
from dunlin_local.ledger_mapping import LedgerMapping, MappingError
from dunlin_local.ledger_takeover import LedgerTakeover, Outcome
from dunlin_local.places import named, remembered
from dunlin_local.remote import Remote, RemoteError
from dunlin_local.terminal import give_up, progress

SHOWN_REFUSALS = 20
SOME_REFUSED = 3
TOKEN_SECONDS = 12 * 3600


def add_options(ledger: argparse.ArgumentParser) -> None:
    """What can be said of an import."""
    ledger.add_argument("file", type=Path, metavar="FILE", help="CSV, plain or gzip")
    ledger.add_argument("--mapping", type=Path, required=True, metavar="TOML", help="which columns say what")
    ledger.add_argument("--url", help="the running system (default: the running ./dunlin up)")
    ledger.add_argument("--tenant", help="whose books: the company's id; needed where no token is given")
    ledger.add_argument("--token", help="an access token (default: DUNLIN_TOKEN, or one asked of the issuer at --url)")
    ledger.add_argument("--report", type=Path, metavar="CSV", help="write refusals and remarks here, by line")
    ledger.epilog = (
        "Run the same command again whenever it was stopped: it goes on. A second run of a file changes nothing. "
        f"Ends with 0 when every row was taken or was there already, with {SOME_REFUSED} when some were refused."
    )


def run(arguments: argparse.Namespace) -> int:
    """Take the file over; says in one sentence what is in the way, and ends with 1."""
    url = arguments.url or remembered("running").get("url")
    if not url:
        give_up("Dunlin is not running here. Start it with ./dunlin up, or name a running one with --url.")
    _assert_address(url)
    report = None if arguments.report is None else named(arguments.report)
    if report is not None:
        _assert_can_be_written(report)
    try:
        file = LedgerFile(named(arguments.file), LedgerMapping.load(named(arguments.mapping)))
        headers = {"Authorization": f"Bearer {_token(arguments, url)}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            outcome = _watched(Remote(client), file)
    except (MappingError, LedgerFileError, RemoteError) as hindrance:
        give_up(str(hindrance))
    except KeyboardInterrupt:
        give_up("Stopped. Run the same command again: it goes on where it stopped.", status=130)
    _say(outcome)
    if report is not None:
        _write(report, outcome)
    return SOME_REFUSED if outcome.refusals else 0


def _token(arguments: argparse.Namespace, url: str) -> str:
    if given := arguments.token or os.environ.get("DUNLIN_TOKEN"):
        if arguments.tenant and (whose := _tenant_of(given)) != arguments.tenant.lower():
            give_up(f"The token is for {whose or 'no company'}, and --tenant says {arguments.tenant}: leave one out.")
        return str(given)
    if not arguments.tenant:
        give_up(
            "Name the company whose books these are, such as --tenant 019b8b00-0000-7000-8000-000000000003, or give "
            "its token with --token. None is taken for granted: the clock of the demonstration company stands still. "
            "How to make a company stands in docs/operations.md, Taking an older ledger over.")
    return ask(url, "demonstration", {"tenant": arguments.tenant, "expires_in": str(TOKEN_SECONDS)})


def _tenant_of(token: str) -> str | None:
    """Whose books it is for, as it says itself: nobody is believed here, the services look at its signature."""
    try:
        _, said, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    except ValueError:
        return None
    tenant: str | None = claims.get("tenant") if isinstance(claims, dict) else None
    return tenant


def _watched(remote: Remote, file: LedgerFile) -> Outcome:
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress) as bars:
        steps: dict[str, TaskID] = {}

        def watch(step: str, done: int, total: int | None) -> None:
            if step not in steps:
                steps[step] = bars.add_task(step, total=total)
            bars.update(steps[step], completed=done, total=total)

        return LedgerTakeover(remote, file, watch).run()


def _say(outcome: Outcome) -> None:
    print(f"rows        {outcome.rows}")
    print(f"customers   {outcome.registered} registered, {outcome.customers_unchanged} there already")
    print(f"invoices    {outcome.invoices} taken")
    print(f"payments    {outcome.payments} taken")
    print(f"unchanged   {outcome.unchanged} were there already")
    print(f"refused     {len(outcome.refusals)}")
    for one in outcome.refusals[:SHOWN_REFUSALS]:
        print(f"  line {one.line}, {one.part} {one.external_id}: {one.code}: {one.detail}")
    if len(outcome.refusals) > SHOWN_REFUSALS:
        print(f"  and {len(outcome.refusals) - SHOWN_REFUSALS} more: --report writes them all")
    if outcome.remarks:
        print(f"remarks     {len(outcome.remarks)}: taken, with another name than the customer's first row")
    for one in outcome.remarks[:SHOWN_REFUSALS]:
        print(f"  line {one.line}, {one.part} {one.external_id}: {one.code}: {one.detail}")


def _assert_address(url: str) -> None:
    try:
        told = httpx.URL(url)
    except httpx.InvalidURL:
        told = httpx.URL()
    if told.scheme not in ("http", "https") or not told.host:
        give_up(f"{url} is no address of a running Dunlin. Write it as in --url http://127.0.0.1:8080.")


def _assert_can_be_written(report: Path) -> None:
    try:
        report.open("a").close()
    except OSError as error:
        give_up(f"The report cannot be written to {report} ({error.strerror}). Name another place with --report.")


def _write(path: Path, outcome: Outcome) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        told = sorted((*outcome.refusals, *outcome.remarks), key=lambda one: (one.line, one.part))
        report = csv.writer(file)
        report.writerow(("line", "part", "external_id", "code", "detail"))
        report.writerows((one.line, one.part, one.external_id, one.code, one.detail) for one in told)
