"""What customer-svc is told from outside: nothing beyond what every service is."""

from dunlin_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """`DUNLIN_*` variables of customer-svc."""
