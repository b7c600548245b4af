"""The clients that the issuer knows: what each may ask for, and the secret it proves itself with."""

import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from dunlin_local.keys import write_secret
from dunlin_local.scopes import NOTIFY_SCOPES, OPERATOR_SCOPES, TENANT_SCOPES

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Client:
    """One client: its scopes, whether its tokens are for one tenant, whether it may speak for a named person."""

    id: str
    scopes: frozenset[str]
    of_a_tenant: bool
    names_subject: bool
    longest_seconds: int


CLIENTS = {
    client.id: client
    for client in (
        Client("notify-svc", frozenset(NOTIFY_SCOPES), False, False, HOUR),
        Client("operator", frozenset(OPERATOR_SCOPES), False, False, HOUR),
        Client("demonstration", frozenset(TENANT_SCOPES), True, True, 30 * DAY),
    )
}


def secret_of(folder: Path, client_id: str) -> str:
    """The secret of a known client, made in `folder`/clients on first use. Raises KeyError for an unknown one."""
    path = folder / "clients" / CLIENTS[client_id].id
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(32))
    return path.read_text().strip()


def proven(folder: Path, client_id: str, secret: str) -> Client | None:
    """The client, if it is known and this is its secret."""
    client = CLIENTS.get(client_id)
    if client is None or not hmac.compare_digest(secret_of(folder, client_id).encode(), secret.encode()):
        return None
    return client
