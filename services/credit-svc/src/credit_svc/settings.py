"""What credit-svc is told from outside: nothing beyond what every service is told."""

from dunlin_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """From `DUNLIN_*` variables or files of those names."""
