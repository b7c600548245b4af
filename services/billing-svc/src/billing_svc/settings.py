"""What billing-svc is told from outside."""

from dunlin_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing beyond what every service is told."""
