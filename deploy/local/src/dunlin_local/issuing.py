"""`python -m dunlin_local issuer`: the token issuer as a process of its own, for compose."""

import argparse
from pathlib import Path

import uvicorn

from dunlin_kernel.clock import SystemClock
from dunlin_local.issuer import Issuer


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    issuer = Issuer(Path(arguments.folder), name=arguments.name, clock=SystemClock())
    uvicorn.run(issuer.app(), host=arguments.host, port=arguments.port, log_level="warning")
    return 0
