"""python -m credit_svc api | worker | migrate, and the commands of an operator."""

from credit_svc.settings import Settings
from dunlin_kit.process import main

main("credit", Settings)
