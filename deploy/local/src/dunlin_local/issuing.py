"""`python -m dunlin_local issuer`: the token issuer as a process of its own, for compose."""

import argparse

import uvicorn

from dunlin_kernel.clock import SystemClock
from dunlin_local.issuer import Issuer
from dunlin_local.places import named


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    issuer = Issuer(named(arguments.folder), name=arguments.name, clock=SystemClock())
    uvicorn.run(issuer.app(), host=arguments.host, port=arguments.port, log_level="warning")
    return 0
