"""TCP ports of this machine: a free one, and whether one can be had."""

import secrets
import socket
from argparse import ArgumentTypeError

HOST = "127.0.0.1"
HIGHEST = 65535
LASTING = range(15_000, 29_000)
"""Below what systems give to outgoing connections: one of those may take any other port that is left for a moment. And
below the port of Kafka in docker-compose.yml, which may run beside."""


def port(text: str) -> int:
    """A port as a person writes it, 0 included. Refuses (ArgumentTypeError) what none is."""
    if not (text.isascii() and text.isdecimal()) or int(text) > HIGHEST:
        raise ArgumentTypeError(f"{text} is no port: it is a number from 0 to {HIGHEST}")
    return int(text)


_given: set[int] = set()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now, and that stays free while its listener starts again.

    Never the same one twice: who was given it may not listen yet.
    """
    while (found := secrets.choice(LASTING)) in _given or is_taken(found):
        pass
    _given.add(found)
    return found


def is_taken(port: int, host: str = HOST) -> bool:
    """Whether somebody listens on it already, or we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
