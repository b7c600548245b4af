"""python -m notify_svc api | worker | migrate | parked | relay | era"""

from dunlin_kit.process import main
from notify_svc.settings import Settings

main("notify", Settings)
