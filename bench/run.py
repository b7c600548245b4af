"""Entry of `./dunlin bench`: makes the checkout the first place to import from, then runs bench/command.py."""

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])
runpy.run_module("bench.command", run_name="__main__")
