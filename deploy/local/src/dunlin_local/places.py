"""Where the launcher keeps things: the checkout, its data folder, the server's folder that another user can read."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from dunlin_local.postgres_binaries import ROOTS_PLACE

CHECKOUT = Path(__file__).resolve().parents[4]


def named(path: Path) -> Path:
    """A path as the person at the terminal means it: from where `./dunlin`, which works in the checkout, was called."""
    return Path(os.environ.get("DUNLIN_CALLED_FROM", "")) / path


def data_folder() -> Path:
    """Key, secrets, mail and state of this checkout: `.dunlin`, or DUNLIN_HOME."""
    return named(Path(os.environ.get("DUNLIN_HOME", CHECKOUT / ".dunlin"))).resolve()


def closed_data_folder() -> Path:
    """The data folder, made where it is missing; only its owner gets in, since mail and logs tell of people."""
    folder = data_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def server_folder() -> Path:
    """The embedded PostgreSQL of this checkout; as root under /var/lib/dunlin, since root's own folders are closed."""
    if os.geteuid() != 0:
        return data_folder() / "postgres"
    digest = hashlib.sha256(str(data_folder()).encode()).hexdigest()[:12]
    return ROOTS_PLACE / f"{CHECKOUT.name}-{digest}"


def remember(name: str, facts: dict[str, Any]) -> None:
    """Keep some facts between runs, whole or not at all."""
    folder = closed_data_folder()
    making = folder / f".{name}.{os.getpid()}"
    making.write_text(json.dumps(facts, indent=2) + "\n")
    making.rename(folder / f"{name}.json")


def remembered(name: str) -> dict[str, Any]:
    """What was kept under this name; nothing where nothing was."""
    try:
        facts: dict[str, Any] = json.loads((data_folder() / f"{name}.json").read_text())
    except FileNotFoundError:
        return {}
    return facts


def forget(name: str) -> None:
    """Drop what was kept under this name."""
    (data_folder() / f"{name}.json").unlink(missing_ok=True)
