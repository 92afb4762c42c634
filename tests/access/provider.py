"""A small identity provider on a loopback socket, which can be told to fail in every way."""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk, jwt
from jose.backends.base import Key

from sakark_api.access.keys import Issuer

DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def rsa_key(bits: int = 2048) -> Key:
    return jwk.construct(pem(rsa.generate_private_key(65537, bits)), "RS256")


def ec_key() -> Key:
    return jwk.construct(pem(ec.generate_private_key(ec.SECP256R1())), "ES256")


def public(key: Key, kid: str, /, **changed: object) -> dict[str, Any]:
    """Write the public half of `key` as a provider publishes it."""
    return key.public_key().to_dict() | {"kid": kid, "use": "sig"} | changed


@dataclass
class Provider:
    """The provider's address, what it answers, how often it was asked and what it signs with."""

    url: str
    signing: Key
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    delay: float = 0

    @property
    def issuer(self) -> Issuer:
        return Issuer(self.url)

    def publish(self, *keys: Mapping[str, object]) -> None:
        self.answer(DISCOVERY, {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"})
        self.answer("/jwks", {"keys": keys})

    def answer(self, path: str, body: object, status: int = 200) -> None:
        self.answers[path] = (status, json.dumps(body).encode())

    def fail(self) -> None:
        self.answers.clear()

    def claims(self, **changed: object) -> dict[str, object]:
        """Give the claims of a good token; a claim that is changed to None is left out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "ingrid",
            "aud": "sakark",
            "exp": now + 300,
            "iat": now,
            "nbf": now,
            "kommune": "molde",
            "roles": ["sb"],
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        key: Key | None = None,
        headers: Mapping[str, object] | None = None,
        algorithm: str = "RS256",
        **changed: object,
    ) -> str:
        return jwt.encode(
            self.claims(**changed),
            key or self.signing,
            algorithm=algorithm,
            headers={"kid": "first", **(headers or {})},
        )


class Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        provider = self.server.provider
        provider.asked[self.path] += 1
        time.sleep(provider.delay)
        status, body = provider.answers.get(self.path, (503, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base's name
        """Keep quiet."""


def start(signing: Key) -> tuple[Server, threading.Thread]:
    server = Server(("127.0.0.1", 0), Handler)
    server.provider = Provider(f"http://127.0.0.1:{server.server_port}", signing)
    server.provider.publish(public(signing, "first"))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    return server, thread
