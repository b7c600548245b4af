"""python -m customer_svc api | worker | migrate | parked | relay | era"""

from customer_svc.settings import Settings
from dunlin_kit.process import main

main("customer", Settings)
