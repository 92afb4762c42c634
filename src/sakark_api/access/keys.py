"""The public keys that an issuer signs its tokens with, fetched over HTTP and kept."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from jose import JOSEError, jwk
from jose.backends.base import Key
from jose.utils import base64_to_long

from sakark_api.errors import IdentityUnavailable
from sakark_api.texts import text

__all__ = ["Issuer", "Keys", "OutageError", "fetch_object"]

FETCH_SECONDS = 5
RETRY_SECONDS = 5
REFRESH_SECONDS = 60
RENEW_SECONDS = 3600
LARGEST_ANSWER = 1_000_000
SHORTEST_RSA_KEY = 2048

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Issuer:
    """Who signs tokens (`url` is their `iss`, to the letter) and where its keys are found.

    Without `jwks_uri` the keys are found through the discovery document, which is at
    `discovery_url` or else at the issuer's well-known address (OpenID Connect Discovery 1.0).
    """

    url: str
    discovery_url: str | None = None
    jwks_uri: str | None = None

    @property
    def discovery(self) -> str:
        return self.discovery_url or f"{self.url.rstrip('/')}/.well-known/openid-configuration"


class OutageError(Exception):
    """The issuer did not answer, or not with what it should."""


class Keys:
    """The keys of one issuer; what was fetched once is used until the issuer gives something new.

    They are fetched again every hour, for a `kid` not seen before at most once a minute, and
    as long as there are none at all every five seconds.
    """

    def __init__(
        self,
        issuer: Issuer,
        client: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: Mapping[tuple[str, str], Key] = {}
        self._tried = float("-inf")

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """Give the key `kid` if it fits `algorithm`; raise `Unavailable` when there are no keys."""
        wanted = (kid, algorithm)
        # While one caller fetches, the others go on with the key there is.
        if self._is_due(wanted) and not (wanted in self._keys and self._lock.locked()):
            async with self._lock:
                if self._is_due(wanted):
                    await self._refresh()
        if not self._keys:
            raise IdentityUnavailable(
                text(
                    "Får ikke hentet nøklene til innloggingstjenesten {issuer}."
                    " Prøv igjen om litt.",
                    issuer=self._issuer.url,
                )
            )
        return self._keys.get(wanted)

    def _is_due(self, wanted: tuple[str, str]) -> bool:
        if wanted in self._keys:
            wait = RENEW_SECONDS
        else:
            wait = REFRESH_SECONDS if self._keys else RETRY_SECONDS
        return self._clock() - self._tried >= wait

    async def _refresh(self) -> None:
        try:
            self._keys = await self._fetch()
        except OutageError as outage:
            logger.warning("Did not get the keys of %s: %s", self._issuer.url, outage)
        # Not in a `finally`: a caller who goes away leaves the fetch to the next in line.
        self._tried = self._clock()

    async def _fetch(self) -> Mapping[tuple[str, str], Key]:
        jwks = await self._get(self._issuer.jwks_uri or await self._discover())
        listed = jwks.get("keys")
        keys = _usable(listed) if isinstance(listed, list) else {}
        if not keys:
            raise OutageError("the key set has no key that can be used")
        return keys

    async def _discover(self) -> str:
        discovery = await self._get(self._issuer.discovery)
        if discovery.get("issuer") != self._issuer.url:
            raise OutageError("the discovery document is of another issuer")
        jwks_uri = discovery.get("jwks_uri")
        if not isinstance(jwks_uri, str):
            raise OutageError("the discovery document has no jwks_uri")
        return jwks_uri

    async def _get(self, url: str) -> dict[str, object]:
        return await fetch_object(self._client, url)


async def fetch_object(client: httpx.AsyncClient, url: str) -> dict[str, object]:
    """Fetch a JSON object of a sensible size in a sensible time; raises `OutageError`."""
    body = bytearray()
    # Uncompressed, so that what is counted is what is kept.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(FETCH_SECONDS),
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise OutageError(f"{url} answered {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise OutageError(f"{url} answered with too much")
        answer = json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise OutageError(f"{url} did not answer: {error!r}") from error
    except (ValueError, RecursionError) as error:
        raise OutageError(f"{url} did not answer with JSON") from error
    if not isinstance(answer, dict):
        raise OutageError(f"{url} did not answer with an object")
    return answer


def _usable(listed: list[object]) -> dict[tuple[str, str], Key]:
    """Build each key once (40 µs against 83), filed under its `kid` and the one `alg` it fits."""
    keys = {}
    for jwk_data in listed:
        if not isinstance(jwk_data, dict) or jwk_data.get("use", "sig") != "sig":
            continue
        kid = jwk_data.get("kid")
        try:
            algorithm, public = _public(jwk_data)
            if isinstance(kid, str) and jwk_data.get("alg", algorithm) == algorithm:
                keys[kid, algorithm] = jwk.construct(public, algorithm)
        except (JOSEError, ValueError, TypeError, KeyError):
            logger.info("Left out the key %r, which cannot be used", kid)
    return keys


def _public(jwk_data: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Give a key's algorithm and its public members; never more, should it be a private key."""
    match jwk_data:
        case {"kty": "RSA", "n": n, "e": e}:
            if base64_to_long(n).bit_length() < SHORTEST_RSA_KEY:
                raise ValueError("too short")
            return "RS256", {"kty": "RSA", "n": n, "e": e}
        case {"kty": "EC", "crv": "P-256", "x": x, "y": y}:
            return "ES256", {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        case _:
            raise ValueError("neither RSA nor EC on P-256")
