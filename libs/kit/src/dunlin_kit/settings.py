"""What every service is told from outside: databases, bus, issuer, ports. Read by the composition roots only."""

from enum import StrEnum
from pathlib import Path
from socket import gethostname

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRETS = Path("/run/secrets")


class BusKind(StrEnum):
    KAFKA = "kafka"
    POSTGRES = "postgres"


class ServiceSettings(BaseSettings):
    """From `DUNLIN_*` variables or files of those names in `/run/secrets`; URLs are `postgresql://...`."""

    model_config = SettingsConfigDict(
        env_prefix="DUNLIN_", secrets_dir=_SECRETS if _SECRETS.is_dir() else None, extra="ignore"
    )

    database_url: SecretStr = Field(description="As the _app role: requests, consumers, the work of jobs.")
    ops_database_url: SecretStr = Field(description="As the _ops role: relay, claims of jobs, list of tenants.")
    owner_database_url: SecretStr | None = Field(
        default=None, description="As the _owner role: migrations and rebuilds only."
    )
    bus: BusKind = BusKind.KAFKA
    bus_database_url: SecretStr | None = Field(
        default=None, description="The log's database, where the bus is PostgreSQL."
    )
    kafka_bootstrap: str = "localhost:9092"
    issuer: str = Field(description="The exact `iss` of tokens.")
    audience: str = "dunlin"
    jwks: str = Field(description="The issuer's public keys: a URL or a file.")
    jwks_max_age_seconds: float = Field(default=300, ge=10, description="So long a key that was withdrawn is good.")
    cursor_secret: SecretStr = Field(
        min_length=16, description="Signs page cursors; the same for all processes of a service."
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    metrics_port: int = Field(default=0, ge=0, le=65535, description="0: no metrics port.")
    probe_port: int = Field(default=0, ge=0, le=65535, description="Where a worker answers its probes; 0: nowhere.")
    log_level: str = "info"
    pool_size: int = Field(default=10, ge=1, le=100)
    requests_per_second: int = Field(default=500, ge=1, description="Per token and process, with bursts of as many.")
    job_lease_seconds: float = Field(default=30, ge=1, description="So long after its end a worker's job passes on.")
    member: str = Field(default_factory=gethostname, description="The stable name of this worker among its consumers.")
