"""TCP ports of this machine: as a person writes them, free ones, and whether one can be had."""

from argparse import ArgumentTypeError

from dunlin_events.free_ports import HOST, free_port, is_taken

__all__ = ["HIGHEST", "HOST", "free_port", "is_taken", "port"]

HIGHEST = 65535


def port(text: str) -> int:
    """A port as a person writes it, 0 included. Refuses (ArgumentTypeError) what none is."""
    if not (text.isascii() and text.isdecimal()) or int(text) > HIGHEST:
        raise ArgumentTypeError(f"{text} is no port: it is a number from 0 to {HIGHEST}")
    return int(text)
