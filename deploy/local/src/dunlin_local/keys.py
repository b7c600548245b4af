"""The issuer's signing key (ES256): made once, kept in a file that only its owner reads, published as a JWKS."""

import json
import os
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ALGORITHM = "ES256"


class SigningKey:
    """A private key and the two things done with it: sign access tokens, publish the public half."""

    def __init__(self, key: ECKey) -> None:
        self._key = key

    @classmethod
    def kept_in(cls, folder: Path) -> "SigningKey":
        """The key in `folder`/signing-key.json, made there when it is missing."""
        path = folder / "signing-key.json"
        if not path.exists():
            made = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
            write_secret(path, json.dumps(made.as_dict(private=True)))
        return cls(ECKey.import_key(json.loads(path.read_text())))

    def sign(self, claims: dict[str, Any]) -> str:
        """An access token (RFC 9068: type at+jwt) with these claims."""
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def published(self) -> dict[str, Any]:
        """The JWKS: the public half only."""
        return {"keys": [self._key.as_dict(private=False)]}


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.unlink(missing_ok=True)
    with open(os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    making.rename(path)
