"""What each of the four services is told when all run in this process."""

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from dunlin_kit.settings import BusKind, ServiceSettings
from dunlin_local.clients import secret_of
from dunlin_local.databases import CURSORS, Databases
from dunlin_local.issuer import AUDIENCE, Issuer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the launcher made for the services: databases, issuer and its folder, their own address, the mail server."""

    databases: Databases
    issuer: Issuer
    issuer_folder: Path
    url: str
    smtp_url: str


def settings_of(service: str, around: Surroundings) -> ServiceSettings:
    """The settings of one service: what every service is told, and what only some ask for."""
    kind = _kind_of(service)
    told = _told_to_all(service, around) | {
        name: value for name, value in _told_to_some(around).items() if name in kind.model_fields
    }
    return kind.model_validate(told)


def _kind_of(service: str) -> type[ServiceSettings]:
    module = import_module(f"{service}_svc.settings")
    own = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, ServiceSettings) and kind.__module__ == module.__name__
    ]
    return own[0] if own else ServiceSettings


def _told_to_all(service: str, around: Surroundings) -> dict[str, Any]:
    jwks = around.issuer_folder / "jwks.json"
    jwks.write_text(json.dumps(around.issuer.key.published()))
    return {
        "database_url": around.databases.url(service, "app"),
        "ops_database_url": around.databases.url(service, "ops"),
        "owner_database_url": around.databases.url(service, "owner"),
        "bus": BusKind.POSTGRES,
        "bus_database_url": around.databases.bus_url,
        "issuer": around.issuer.name,
        "audience": AUDIENCE,
        "jwks": str(jwks),
        "cursor_secret": around.databases.passwords[CURSORS],
        "pool_size": 8,
        "member": "local",
    }


def _told_to_some(around: Surroundings) -> dict[str, Any]:
    return {
        "smtp_url": around.smtp_url,
        "billing_url": around.url,
        "customer_url": around.url,
        "token_url": f"{around.url}/oauth/token",
        "client_id": "notify-svc",
        "client_secret": secret_of(around.issuer_folder, "notify-svc"),
    }


def nowhere(service: str) -> ServiceSettings:
    """Settings that lead nowhere: enough to put an application together and read its documents."""
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    some = {
        "smtp_url": "smtp://127.0.0.1:1",
        "billing_url": "http://127.0.0.1:1",
        "customer_url": "http://127.0.0.1:1",
        "token_url": "http://127.0.0.1:1/oauth/token",
        "client_id": "nobody",
        "client_secret": "nothing",
    }
    kind = _kind_of(service)
    told = {"database_url": url, "ops_database_url": url, "bus": BusKind.POSTGRES, "bus_database_url": url}
    told |= {"issuer": "http://127.0.0.1:1", "jwks": "/dev/null", "cursor_secret": "x" * 32}
    return kind.model_validate(told | {name: value for name, value in some.items() if name in kind.model_fields})
