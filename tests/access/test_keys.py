"""Fetching, keeping and refreshing keys, against a provider that fails in every way."""

import asyncio
import logging
from dataclasses import replace

import httpx
import pytest
from jose.backends.base import Key
from tests.access.provider import DISCOVERY, Clock, Provider, public, rsa_key

from sakark_api.access import keys as module
from sakark_api.access.keys import Issuer, Keys
from sakark_api.errors import Unavailable

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(provider: Provider, client: httpx.AsyncClient, clock: Clock) -> Keys:
    return Keys(provider.issuer, client, clock)


async def test_key_is_found_through_discovery_and_kept(keys: Keys, provider: Provider) -> None:
    found = await keys.find("first", "RS256")

    assert found is not None
    assert await keys.find("first", "RS256") is found
    assert provider.asked == {DISCOVERY: 1, "/jwks": 1}


async def test_fixed_jwks_uri_needs_no_discovery(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    keys = Keys(Issuer(provider.url, jwks_uri=f"{provider.url}/jwks"), client)

    assert await keys.find("first", "RS256") is not None
    assert provider.asked == {"/jwks": 1}


async def test_discovery_may_be_at_another_address(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.answers["/elsewhere"] = provider.answers.pop(DISCOVERY)
    keys = Keys(Issuer(provider.url, discovery_url=f"{provider.url}/elsewhere"), client)

    assert await keys.find("first", "RS256") is not None


async def test_key_must_fit_the_algorithm(keys: Keys) -> None:
    assert await keys.find("first", "ES256") is None


async def test_rotated_key_is_fetched_when_it_is_asked_for(
    keys: Keys, provider: Provider, other_key: Key, clock: Clock
) -> None:
    await keys.find("first", "RS256")
    provider.publish(public(other_key, "second"))
    clock.now += 60

    assert await keys.find("second", "RS256") is not None
    assert await keys.find("first", "RS256") is None


async def test_unknown_kid_refreshes_at_most_once_a_minute(
    keys: Keys, provider: Provider, clock: Clock
) -> None:
    await keys.find("first", "RS256")

    clock.now += 59
    await keys.find("unknown", "RS256")
    assert provider.asked["/jwks"] == 1

    clock.now += 1
    await keys.find("unknown", "RS256")
    await keys.find("another", "RS256")
    assert provider.asked["/jwks"] == 2


async def test_keys_are_renewed_every_hour(keys: Keys, provider: Provider, clock: Clock) -> None:
    await keys.find("first", "RS256")
    clock.now += 3600

    assert await keys.find("first", "RS256") is not None
    assert provider.asked["/jwks"] == 2


async def test_concurrent_refreshes_are_one(keys: Keys, provider: Provider) -> None:
    provider.delay = 0.05

    found = await asyncio.gather(*(keys.find("first", "RS256") for _ in range(20)))

    assert None not in found
    assert provider.asked == {DISCOVERY: 1, "/jwks": 1}


async def test_renewal_holds_up_one_caller_only(
    keys: Keys, provider: Provider, clock: Clock
) -> None:
    await keys.find("first", "RS256")
    clock.now += 3600
    provider.delay = 2
    renewal = asyncio.create_task(keys.find("first", "RS256"))
    await asyncio.sleep(0.05)

    found = await asyncio.wait_for(keys.find("first", "RS256"), 1.5)

    assert found is not None
    assert not renewal.done()
    await renewal


async def test_caller_who_goes_away_leaves_the_fetch_to_the_next(
    keys: Keys, provider: Provider
) -> None:
    provider.delay = 0.05
    impatient = asyncio.create_task(keys.find("first", "RS256"))
    patient = asyncio.create_task(keys.find("first", "RS256"))
    await asyncio.sleep(0.01)
    impatient.cancel()

    assert await patient is not None


async def test_outage_keeps_the_old_keys(
    keys: Keys, provider: Provider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await keys.find("first", "RS256")
    provider.fail()
    clock.now += 7200

    with caplog.at_level(logging.WARNING):
        found = await keys.find("first", "RS256")

    assert found is not None
    assert await keys.find("unknown", "RS256") is None
    assert "answered 503" in caplog.text


async def test_without_keys_the_outage_is_told_and_soon_tried_again(
    keys: Keys, provider: Provider, clock: Clock
) -> None:
    published = dict(provider.answers)
    provider.fail()
    with pytest.raises(Unavailable, match="Prøv igjen"):
        await keys.find("first", "RS256")
    with pytest.raises(Unavailable):
        await keys.find("first", "RS256")
    assert provider.asked == {DISCOVERY: 1}

    provider.answers = published
    clock.now += 5
    assert await keys.find("first", "RS256") is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"keys": 1}',
        b'{"keys": []}',
        b'{"keys": [1, null, {}]}',
        b"[" * 100_000,
        b'{"keys": [' + b" " * 1_000_000 + b"]}",
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_strange_key_set_is_an_outage(keys: Keys, provider: Provider, body: bytes) -> None:
    provider.answers["/jwks"] = (200, body)

    with pytest.raises(Unavailable):
        await keys.find("first", "RS256")


@pytest.mark.parametrize("jwks_uri", [None, 7, "", "ikke en adresse", "ftp://x/", "http://[", "\n"])
async def test_strange_jwks_uri_is_an_outage(
    keys: Keys, provider: Provider, jwks_uri: object
) -> None:
    provider.answer(DISCOVERY, {"issuer": provider.url, "jwks_uri": jwks_uri})

    with pytest.raises(Unavailable):
        await keys.find("first", "RS256")


async def test_discovery_of_another_issuer_is_an_outage(keys: Keys, provider: Provider) -> None:
    provider.answer(DISCOVERY, {"issuer": "https://x.example", "jwks_uri": f"{provider.url}/jwks"})

    with pytest.raises(Unavailable):
        await keys.find("first", "RS256")


async def test_refused_connection_is_an_outage(client: httpx.AsyncClient) -> None:
    keys = Keys(Issuer("http://127.0.0.1:1"), client)

    with pytest.raises(Unavailable):
        await keys.find("first", "RS256")


async def test_slow_provider_is_an_outage(
    keys: Keys, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FETCH_SECONDS", 0.05)
    provider.delay = 0.2

    with pytest.raises(Unavailable):
        await keys.find("first", "RS256")


@pytest.mark.parametrize(
    "changed",
    [
        {"use": "enc"},
        {"kid": None},
        {"kid": 7},
        {"kty": "oct", "k": "aGVtbWVsaWc"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": "HS256"},
        {"alg": ["RS256"]},
        {"n": "æ"},
        {"n": ""},
        {"n": 7},
        {"e": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-384", "x": "AQ", "y": "AQ"},
    ],
    ids=str,
)
async def test_key_that_cannot_be_used_is_left_out(
    keys: Keys, provider: Provider, other_key: Key, changed: dict[str, object]
) -> None:
    provider.publish(public(other_key, "odd", **changed), public(other_key, "good"))

    assert await keys.find("good", "RS256") is not None
    assert await keys.find("odd", "RS256") is None


async def test_short_rsa_key_is_left_out(keys: Keys, provider: Provider, other_key: Key) -> None:
    provider.publish(public(rsa_key(1024), "short"), public(other_key, "good"))

    assert await keys.find("short", "RS256") is None


async def test_key_without_use_and_alg_is_taken(
    keys: Keys, provider: Provider, curve_key: Key
) -> None:
    bare = public(curve_key, "curve")
    provider.publish({name: bare[name] for name in ("kid", "kty", "crv", "x", "y")})

    assert await keys.find("curve", "ES256") is not None


async def test_private_key_published_by_mistake_is_used_as_public(
    keys: Keys, provider: Provider, other_key: Key
) -> None:
    provider.publish(other_key.to_dict() | {"kid": "oops"})

    found = await keys.find("oops", "RS256")

    assert found is not None
    assert "d" not in found.to_dict()


def test_issuer_tells_where_its_discovery_is() -> None:
    issuer = Issuer("https://login.example/realm/")

    assert issuer.discovery == "https://login.example/realm/.well-known/openid-configuration"
    assert replace(issuer, discovery_url="https://x.example/").discovery == "https://x.example/"
