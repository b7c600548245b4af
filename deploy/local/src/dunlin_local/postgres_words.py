"""What hinders PostgreSQL, as a sentence for the person at the terminal."""

import os
import re
from pathlib import Path

from dunlin_local.ports import HOST


def port_taken(port: int) -> str:
    """The sentence for a port that somebody else listens on."""
    return f"Port {port} of {HOST} is taken: PostgreSQL cannot listen on it."


def words_for(said: str, folder: Path, *, port: int = 0) -> str:
    """One sentence for the person at the terminal, made of what a PostgreSQL program said last."""
    if "No space left on device" in said or "Check free disk space" in said:
        return f"The disk under {folder} is full: PostgreSQL needs some room. Free some space and start again."
    if "Address already in use" in said or "could not create any TCP/IP sockets" in said:
        return port_taken(port)
    if "Permission denied" in said:
        return f"PostgreSQL may not read or write {folder}, or a folder above it: {_last_words(said)}"
    if "could not look up effective user" in said:
        return f"The user {os.geteuid()} has no entry in /etc/passwd; PostgreSQL needs a user that has a name."
    return f"PostgreSQL did not start in {folder}. Its last words: {_last_words(said)}"


def _last_words(said: str) -> str:
    telling = [line for line in said.splitlines() if re.search(r"FATAL|error|HINT|denied", line)]
    return " | ".join((telling or said.splitlines() or ["none"])[-4:]).strip()
