"""`python -m billing_svc api | worker | migrate | parked | relay | era`."""

from billing_svc.settings import Settings
from dunlin_kit.process import main

if __name__ == "__main__":
    main("billing", Settings)
