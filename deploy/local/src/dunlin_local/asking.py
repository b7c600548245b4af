"""`./dunlin token`: asks the running issuer for an access token, with the secret kept beside its key."""

import argparse
import os
from typing import Any

import httpx

from dunlin_local.clients import CLIENTS, HOUR, secret_of
from dunlin_local.places import data_folder, remembered
from dunlin_local.terminal import give_up


def run(arguments: argparse.Namespace) -> int:
    """Print one token on standard output, and nothing else there."""
    url = arguments.issuer or remembered("running").get("url")
    if not url:
        give_up("Dunlin is not running here. Start it with ./dunlin up, or name an issuer with --issuer.")
    form = {} if arguments.operator else _form(arguments)
    print(ask(url, "operator" if arguments.operator else "demonstration", form))
    return 0


def _form(arguments: argparse.Namespace) -> dict[str, str]:
    tenant = arguments.tenant or remembered("demonstration").get("tenant")
    if not tenant:
        give_up("There is no demonstration company yet. Name a tenant with --tenant.")
    longest = CLIENTS["demonstration"].longest_seconds // HOUR
    if not 0 < arguments.hours <= longest:
        give_up(f"A token is valid for 1 to {longest} hours, not for {arguments.hours}.")
    form = {"tenant": tenant, "expires_in": str(arguments.hours * HOUR)}
    form |= {"scope": arguments.scope} if arguments.scope else {}
    return form | ({"subject": arguments.subject} if arguments.subject else {})


def ask(url: str, client_id: str, form: dict[str, str]) -> str:
    """A token from the issuer at `url`; ends the program with a sentence where there is none to be had."""
    client = CLIENTS[client_id]
    secret = os.environ.get("DUNLIN_CLIENT_SECRET") or secret_of(data_folder() / "issuer", client.id)
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/oauth/token",
            data={"grant_type": "client_credentials"} | form,
            auth=(client.id, secret),
            timeout=10,
        )
        said: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        give_up(f"No issuer answers at {url}. Start Dunlin with ./dunlin up.")
    if answer.status_code != 200:
        give_up(f"The issuer refuses: {said.get('error_description', said)}.")
    return str(said["access_token"])
