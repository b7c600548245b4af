"""The single-node launcher: an embedded PostgreSQL, the four services in one process, and the token issuer."""
