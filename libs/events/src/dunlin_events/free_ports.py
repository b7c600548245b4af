"""TCP ports of this machine that are free: for servers that are started here, and again at the same address."""

import secrets
import socket
from typing import Final

HOST: Final = "127.0.0.1"
LASTING: Final = range(15_000, 29_000)
"""Below what systems give to outgoing connections: one of those may take any other port that is left for a moment. And
below the port of Kafka in docker-compose.yml, which may run beside."""
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
