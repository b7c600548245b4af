"""The commands of ./dunlin; each loads only what it needs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from dunlin_kit import garbage
from dunlin_local.ports import HOST, port

TOPICS = {
    "up": ("running", "start PostgreSQL and the four services in one process; Ctrl-C stops them"),
    "test": ("testing", "run the test-suite; what follows goes to pytest"),
    "check": ("checking", "run the linters, the type checker, the import contracts and the document checks"),
    "token": ("asking", "print an access token of the running system"),
    "import": ("importing", "bring in records of another system"),
    "reset": ("resetting", "remove all data of this checkout"),
    "bench": ("benching", "run the benchmarks; what follows goes to bench/run.py"),
    "prepare": ("preparing", "make databases, roles and secrets for services in containers, as compose does"),
    "topics": ("topics", "make and check the topics on Kafka, as compose does"),
    "issuer": ("issuing", "run the token issuer alone, as compose does"),
    "rehearse": ("rehearsing", "rehearse the restoration of a lost database, in a folder of its own"),
    "documents": ("documents", "write the OpenAPI documents under openapi/, or compare them"),
}


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog="./dunlin", description="Dunlin: accounts receivable, in four services.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {
        name: commands.add_parser(name, help=said, description=f"{said[0].upper()}{said[1:]}.", add_help=True)
        for name, (_, said) in TOPICS.items()
    }
    _up(made["up"])
    _token(made["token"])
    _import(made["import"])
    made["reset"].add_argument("--yes", action="store_true", help="do not ask")
    made["documents"].add_argument("--check", action="store_true", help="change nothing, fail where one differs")
    made["prepare"].add_argument(
        "--folder", required=True, type=Path, help="where passwords and the services' secrets are kept")
    made["topics"].add_argument("--bootstrap", required=True, help="a broker's address, host:port")
    _issuer(made["issuer"])
    _rehearse(made["rehearse"])
    return top


def _up(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=port, default=8080, help="the port of the API (default 8080; 0: any free one)")
    command.add_argument("--host", default=HOST, help=f"the address to listen on (default {HOST})")
    command.add_argument("--metrics-port", type=port, default=0, help="serve /metrics on this port (default: not)")
    command.add_argument("--empty", action="store_true", help="a demonstration company without books")
    command.epilog = (
        "Settings: DUNLIN_DATABASE_URL (a login that may create roles and databases) takes the place of the embedded "
        "PostgreSQL; DUNLIN_SMTP_URL (smtp://host:port) that of the folder for mail; DUNLIN_HOME that of .dunlin."
    )


def _token(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tenant", help="the tenant's id (default: the demonstration company)")
    command.add_argument("--scope", help="scopes, separated by spaces (default: all of them)")
    command.add_argument("--subject", help="whom the token speaks for (default: demonstration)")
    command.add_argument("--hours", type=int, help="how long it is valid (default 12; an operator's: 1 at most)")
    command.add_argument("--operator", action="store_true", help="an operator's token: no tenant, may make tenants")
    command.add_argument("--issuer", help="the issuer's URL (default: the running ./dunlin up)")


def _import(command: argparse.ArgumentParser) -> None:
    kinds = command.add_subparsers(dest="kind", required=True, metavar="KIND")
    ledger = kinds.add_parser("ledger", help="customers, invoices and payments of a ledger, from CSV")
    if find_spec("dunlin_local.importing") is not None:
        import_module("dunlin_local.importing").add_options(ledger)


def _rehearse(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", choices=["restore"], help="what is rehearsed")
    command.add_argument(
        "--source", choices=["moment", "dump"], default="moment",
        help="from a base backup and archived WAL to a moment (default), or from a dump")


def _issuer(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="0.0.0.0", help="the address to listen on (default: all)")  # noqa: S104
    command.add_argument("--port", type=port, default=9000, help="the port (default 9000)")
    command.add_argument("--name", required=True, help="the issuer's URL, as tokens name it and services expect it")
    command.add_argument("--folder", required=True, type=Path, help="where key and client secrets are kept")


def main(given: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    asks_for_help = given[1:2] in (["-h"], ["--help"])
    if given and (given[0] == "bench" or (given[0] == "test" and not asks_for_help)):
        passed_on: int = import_module(f"dunlin_local.{TOPICS[given[0]][0]}").run(list(given[1:]))
        return passed_on
    arguments = parser().parse_args(given)
    if arguments.command == "up":
        garbage.starting()
    status: int = import_module(f"dunlin_local.{TOPICS[arguments.command][0]}").run(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
