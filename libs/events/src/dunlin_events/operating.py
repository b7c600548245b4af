"""The operator's commands: `python -m <svc> parked list | retry | skip | skip-hole`, `era accept`, `relay rebase`."""

import argparse
import getpass
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from dunlin_events import parking
from dunlin_events.crash_points import passing
from dunlin_events.own_log import tail_of, told_in
from dunlin_events.rebasing import rebase
from dunlin_events.subscription import Statements
from dunlin_events.topics import Bus, BusAway
from dunlin_events.watermark import ERA, Key
from dunlin_kernel.errors import DomainError

_DIALECT: Any = dialect()  # type: ignore[no-untyped-call]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `parked`, `era` and `relay` to a service's commands; `operate` takes what they parse."""
    parked = commands.add_parser("parked", help="events that wait").add_subparsers(dest="action", required=True)
    parked.add_parser("list", help="streams that stand still")
    for action, text in (("retry", "try again"), ("skip", "give an event up"), ("skip-hole", "give missing ones up")):
        command = parked.add_parser(action, help=text)
        for name in ("consumer", "owner", "stream"):
            command.add_argument(name)
        if action == "skip":
            command.add_argument("mark", help="era/sequence, as `list` shows it")
        if action != "retry":
            command.add_argument("--why", required=True, help="is kept with the event")
    era = commands.add_parser("era", help="after an owner was restored").add_subparsers(dest="action", required=True)
    era.add_parser("accept", help="read on where the new era is proved")
    relay = commands.add_parser("relay", help="after this service was restored").add_subparsers(
        dest="action", required=True)
    relay.add_parser("rebase", help="begin a new era and send the whole outbox again in it")


async def operate(dsn: str, arguments: argparse.Namespace, topic: str, bus: Bus) -> int:
    """Do what was asked, print what came of it, and return the exit code. `topic` is that of the service."""
    if arguments.command == "relay":
        return await _rebase(dsn, topic, bus)
    connection = await asyncpg.connect(dsn)
    try:
        if arguments.command == "era":
            return await _accept_eras(connection)
        async with connection.transaction():
            said = await _parked(Plain(connection), arguments)
            passing("before_decision")
        passing("after_decision")
        for line in said:
            print(line)
        return 0
    except DomainError as refused:
        print(f"Refused: {refused.detail}")
        return 1
    finally:
        await connection.close()


async def _rebase(dsn: str, topic: str, bus: Bus) -> int:
    try:
        told = told_in((await tail_of(bus, topic)()).records, topic)
    except BusAway as away:
        print(f"Refused: the bus says which eras there were, and it is away: {away}")
        return 1
    era = await rebase(dsn, who=getpass.getuser(), told=[one.era for one in told])
    print(f"Era {era} has begun; the relay sends everything again in it.")
    return 0


async def _parked(tx: Statements, arguments: argparse.Namespace) -> list[str]:
    """What is to be said of it, once it is done."""
    if arguments.action == "list":
        return [_told(one) for one in await parking.list_parked(tx)]
    key = Key(arguments.consumer, arguments.owner, arguments.stream)
    who = getpass.getuser()
    if arguments.action == "retry":
        await parking.retry_parked(tx, key, who=who)
        return ["It will be tried again within seconds."]
    if arguments.action == "skip":
        await parking.skip_parked(tx, key, arguments.mark, who=who, why=arguments.why)
        return [f"Skipped {arguments.mark}."]
    return [f"Skipped {await parking.skip_hole(tx, key, who=who, why=arguments.why)}."]


def _told(one: parking.Standstill) -> str:
    why, waits = one.held or one.reason, f"waiting={one.waiting}"
    return " ".join((*one.key, one.mark, why, waits, one.type or "-", one.detail))


async def _accept_eras(connection: Any) -> int:
    refused = 0
    held = {one.key: None for one in await parking.list_parked(Plain(connection)) if one.held == ERA}
    for key in held:
        try:
            async with connection.transaction():
                await parking.accept_era(Plain(connection), key, who=getpass.getuser())
                passing("before_decision")
            passing("after_decision")
            print(*key, "reads on")
        except DomainError as error:
            refused += 1
            print(*key, error.detail)
    return 1 if refused else 0


class Plain:
    """Statements on a connection of the driver."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def row(self, statement: Any, **values: Any) -> Any:
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def rows(self, statement: Any, **values: Any) -> Sequence[Any]:
        built = statement.compile(dialect=_DIALECT)
        found: Sequence[Any] = await self._connection.fetch(built.string, *(values[n] for n in built.positiontup))
        return found
