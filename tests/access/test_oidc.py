"""From token to caller: what a good token gives, and that every bad one is refused."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from jose.backends.base import Key
from tests.access.provider import Clock, Provider, public

from sakark_api.access.caller import Caller, Role
from sakark_api.access.keys import Issuer
from sakark_api.access.oidc import Bindings, Expiring, IssuerBinding, Verifier
from sakark_api.errors import NotFound, Unauthenticated, Unavailable

pytestmark = pytest.mark.anyio


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def unsigned(provider: Provider, **header: object) -> str:
    return f"{part(header)}.{part(provider.claims())}.c2lnbmF0dXI"


def signed_with_public_pem(provider: Provider) -> str:
    """Sign by HMAC with the public key as the secret; python-jose itself refuses to."""
    secret = provider.signing.public_key().to_pem()
    content = f"{part({'alg': 'HS256', 'kid': 'first'})}.{part(provider.claims())}"
    signature = hmac.digest(secret, content.encode(), hashlib.sha256)
    return f"{content}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


async def test_good_token_gives_the_caller(
    provider: Provider, verifier: Verifier, bindings: Bindings
) -> None:
    token = provider.token(name="Ingrid Hjelvik")

    caller = await verifier.caller(token, "molde", bindings)

    assert caller == Caller(
        tenant_id=1,
        kommune="molde",
        subject="ingrid",
        issuer=provider.url,
        name="Ingrid Hjelvik",
        roles=frozenset({Role.SAKSBEHANDLER}),
        groups=frozenset({"sb"}),
    )


async def test_token_on_an_elliptic_curve_is_good(
    provider: Provider, verifier: Verifier, bindings: Bindings, curve_key: Key
) -> None:
    provider.publish(public(curve_key, "curve"))
    token = provider.token(curve_key, {"kid": "curve"}, "ES256")

    assert (await verifier.caller(token, "molde", bindings)).subject == "ingrid"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
async def test_type_of_an_access_token_is_good(
    provider: Provider, verifier: Verifier, bindings: Bindings, kind: str
) -> None:
    token = provider.token(headers={"typ": kind})

    assert (await verifier.caller(token, "molde", bindings)).subject == "ingrid"


@pytest.mark.parametrize("changed", [{"nbf": None}, {"iat": None}, {"aud": ["x", "sakark"]}])
async def test_what_a_token_may_leave_out_or_list(
    provider: Provider, verifier: Verifier, bindings: Bindings, changed: dict[str, Any]
) -> None:
    assert (await verifier.caller(provider.token(**changed), "molde", bindings)).tenant_id == 1


async def test_clocks_may_differ_by_half_a_minute(
    provider: Provider, verifier: Verifier, bindings: Bindings
) -> None:
    now = int(time.time())
    token = provider.token(exp=now - 20, nbf=now + 20, iat=now + 20)

    assert (await verifier.caller(token, "molde", bindings)).subject == "ingrid"


@dataclass
class Attacker:
    """Who has keys of their own, but not the provider's; some attacks need the provider's help."""

    provider: Provider
    key: Key
    curve_key: Key


@pytest.fixture
def attacker(provider: Provider, other_key: Key, curve_key: Key) -> Attacker:
    return Attacker(provider, other_key, curve_key)


ATTACKS: dict[str, Callable[[Attacker], str]] = {
    "one megabyte": lambda it: it.provider.token(filler="x" * 1_000_000),
    "truncated": lambda it: it.provider.token()[:-9],
    "two parts": lambda it: it.provider.token().rpartition(".")[0],
    "five parts": lambda it: it.provider.token() + ".a.b",
    "trailing": lambda it: it.provider.token() + "=",
    "newline": lambda it: it.provider.token() + "\n",
    "header a list": lambda it: f"{part([])}.{part(it.provider.claims())}.aaaa",
    "none": lambda it: unsigned(it.provider, alg="none", kid="first"),
    "None": lambda it: unsigned(it.provider, alg="None", kid="first"),
    "none without signature": lambda it: (
        unsigned(it.provider, alg="none", kid="first").rpartition(".")[0] + "."
    ),
    "alg missing": lambda it: unsigned(it.provider, kid="first"),
    "alg a list": lambda it: unsigned(it.provider, alg=["RS256"], kid="first"),
    "HS256 with the public key": lambda it: signed_with_public_pem(it.provider),
    "RS512": lambda it: unsigned(it.provider, alg="RS512", kid="first"),
    "ES256 for an RSA key": lambda it: it.provider.token(it.curve_key, algorithm="ES256"),
    "kid missing": lambda it: it.provider.token(headers={"kid": None}),
    "kid empty": lambda it: it.provider.token(headers={"kid": ""}),
    "kid a number": lambda it: it.provider.token(headers={"kid": 1}),
    "foreign kid": lambda it: it.provider.token(it.key, {"kid": "mine"}),
    "foreign kid, good key": lambda it: it.provider.token(headers={"kid": "mine"}),
    "known kid, own key": lambda it: it.provider.token(it.key),
    "own key embedded": lambda it: it.provider.token(it.key, {"jwk": public(it.key, "first")}),
    "own key by address": lambda it: it.provider.token(it.key, {"jku": f"{it.provider.url}/mine"}),
    "crit": lambda it: it.provider.token(headers={"crit": ["exp"]}),
    "crit empty": lambda it: it.provider.token(headers={"crit": []}),
    "an id token's logout": lambda it: it.provider.token(headers={"typ": "logout+jwt"}),
    "a proof": lambda it: it.provider.token(headers={"typ": "dpop+jwt"}),
    "typ a number": lambda it: it.provider.token(headers={"typ": 1}),
    "expired": lambda it: it.provider.token(exp=int(time.time()) - 31),
    "expired in 1970": lambda it: it.provider.token(exp=0),
    "never expires": lambda it: it.provider.token(exp=float("inf")),
    "exp a text": lambda it: it.provider.token(exp="i morgen"),
    "exp a list": lambda it: it.provider.token(exp=[9999999999]),
    "exp missing": lambda it: it.provider.token(exp=None),
    "not yet": lambda it: it.provider.token(nbf=int(time.time()) + 60),
    "nbf a list": lambda it: it.provider.token(nbf=[1]),
    "issued tomorrow": lambda it: it.provider.token(iat=int(time.time()) + 86400),
    "other audience": lambda it: it.provider.token(aud="other"),
    "other audiences": lambda it: it.provider.token(aud=["other", "sakark2"]),
    "aud an object": lambda it: it.provider.token(aud={"sakark": 1}),
    "aud half a list": lambda it: it.provider.token(aud=["sakark", 1]),
    "aud missing": lambda it: it.provider.token(aud=None),
    "other issuer": lambda it: it.provider.token(iss="https://other.example"),
    "nearly the issuer": lambda it: it.provider.token(iss=it.provider.url + "/"),
    "iss a list": lambda it: it.provider.token(iss=[it.provider.url]),
    "iss missing": lambda it: it.provider.token(iss=None),
    "sub missing": lambda it: it.provider.token(sub=None),
    "sub empty": lambda it: it.provider.token(sub=""),
    "sub a number": lambda it: it.provider.token(sub=7),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kommune", ["molde", "vestnes"])
async def test_attack_is_refused_at_every_kommune(
    attacker: Attacker, verifier: Verifier, bindings: Bindings, attack: str, kommune: str
) -> None:
    token = ATTACKS[attack](attacker)

    with pytest.raises(Unauthenticated) as refused:
        await verifier.caller(token, kommune, bindings)

    assert str(refused.value.text).endswith(".")
    assert not any(piece in str(refused.value) for piece in token.split(".") if len(piece) > 5)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "ikke.et.token",
        "æøå.☃.\ud800",
        "\0.\0.\0",
        f"{part({'alg': 'RS256', 'kid': 'first'})}.{'W1tb' * 1500}.aaaa",
        f"{part({'alg': 'RS256', 'kid': 'first'})}.{part([])}.aaaa",
    ],
    ids=lambda token: ascii(token[:40]),
)
async def test_nonsense_is_refused(verifier: Verifier, bindings: Bindings, token: str) -> None:
    with pytest.raises(Unauthenticated, match="ikke et token"):
        await verifier.caller(token, "molde", bindings)


async def test_next_token_of_an_issuer_fetches_nothing(
    provider: Provider, verifier: Verifier, bindings: Bindings
) -> None:
    await verifier.caller(provider.token(jti="1"), "molde", bindings)

    await verifier.caller(provider.token(jti="2"), "molde", bindings)

    assert provider.asked["/jwks"] == 1


async def test_altered_claims_break_the_signature(
    provider: Provider, verifier: Verifier, bindings: Bindings
) -> None:
    header, _, signature = provider.token().split(".")
    token = f"{header}.{part(provider.claims(roles=['ark']))}.{signature}"

    with pytest.raises(Unauthenticated):
        await verifier.caller(token, "molde", bindings)


MAPPINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "slug": ("kommune", {"kommune": "molde"}),
    "kommunenummer": ("kommune", {"kommune": "1506"}),
    "former kommunenummer": ("kommune", {"kommune": "1502"}),
    "organisation number": ("kommune", {"kommune": "921221967"}),
    "one of several": ("kommune", {"kommune": ["vestnes", "molde"]}),
    "nested": ("org.nr", {"org": {"nr": "921221967"}}),
    "Maskinporten": (
        "consumer.ID",
        {"consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:921221967"}},
    ),
    "within a list": ("access.kommune", {"access": [{"kommune": "vestnes"}, {"kommune": "molde"}]}),
    "a name with dots": ("https://sakark.no/kommune", {"https://sakark.no/kommune": "molde"}),
    "deep": ("a.b.c.d", {"a": {"b": {"c": {"d": ["1506"]}}}}),
}


@pytest.mark.parametrize("mapping", MAPPINGS)
async def test_kommune_is_read_from_the_claim(
    provider: Provider, verifier: Verifier, molde: IssuerBinding, mapping: str
) -> None:
    path, claims = MAPPINGS[mapping]
    token = provider.token(**({"kommune": None} | claims))

    caller = await verifier.caller(token, "molde", Bindings([replace(molde, kommune_claim=path)]))

    assert caller.tenant_id == 1


@pytest.mark.parametrize(
    "value",
    [None, "", [], {}, "vestnes", "Molde", "molde ", "1507", 1506, True, [["x"]], [None],
     {"molde": "molde"}, "0192:", ":", "0192:123456789", "0192:molde", "921221967:x"],
    ids=repr,
)  # fmt: skip
async def test_token_for_elsewhere_finds_nothing(
    provider: Provider, verifier: Verifier, bindings: Bindings, value: object
) -> None:
    with pytest.raises(NotFound):
        await verifier.caller(provider.token(kommune=value), "molde", bindings)


@pytest.mark.parametrize("number", [None, ""])
async def test_kommune_without_organisation_number_is_not_named_by_nothing(
    provider: Provider, verifier: Verifier, molde: IssuerBinding, number: str | None
) -> None:
    bindings = Bindings([replace(molde, organisasjonsnummer=number)])

    with pytest.raises(NotFound):
        await verifier.caller(provider.token(kommune="0192:"), "molde", bindings)


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        (("roles", ["sb"]), {Role.SAKSBEHANDLER}),
        (("roles", "sb"), {Role.SAKSBEHANDLER}),
        (("roles", "openid sb ark"), {Role.SAKSBEHANDLER, Role.ARKIVAR}),
        (("roles", ["ark", "sb", "kokk", 1, None]), {Role.SAKSBEHANDLER, Role.ARKIVAR}),
        (("realm.roles", {"x": 1}), set()),
        (("roles", None), set()),
        (("roles", "saksbehandler"), set()),
        (("roles.molde", {"molde": ["ark"], "vestnes": ["sb"]}), {Role.ARKIVAR}),
    ],
)
async def test_roles_are_read_from_the_claim(
    provider: Provider,
    verifier: Verifier,
    molde: IssuerBinding,
    claim: tuple[str, object],
    roles: set[Role],
) -> None:
    path, value = claim
    bindings = Bindings([replace(molde, role_claim=path)])

    caller = await verifier.caller(provider.token(roles=value), "molde", bindings)

    assert caller.roles == roles


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ingrid", "preferred_username": "ih"}, "Ingrid"),
        ({"name": "", "preferred_username": "ih"}, "ih"),
        ({"name": ["x"], "client_name": "Fagsystem", "client_id": "f"}, "Fagsystem"),
        ({"client_id": "f", "azp": "g"}, "f"),
        ({"azp": "g"}, "g"),
        ({}, "ingrid"),
    ],
)
async def test_name_is_the_best_there_is(
    provider: Provider,
    verifier: Verifier,
    bindings: Bindings,
    claims: dict[str, Any],
    name: str,
) -> None:
    assert (await verifier.caller(provider.token(**claims), "molde", bindings)).name == name


async def test_one_token_may_be_good_for_several_kommuner(
    provider: Provider, verifier: Verifier, molde: IssuerBinding
) -> None:
    bindings = Bindings([molde, replace(molde, tenant_id=2, kommune="vestnes")])
    token = provider.token(kommune=["molde", "vestnes"])

    first = await verifier.caller(token, "molde", bindings)
    second = await verifier.caller(token, "vestnes", bindings)

    assert (first.tenant_id, second.tenant_id) == (1, 2)


async def test_token_for_another_kommunes_audience_finds_nothing(
    provider: Provider, verifier: Verifier, molde: IssuerBinding
) -> None:
    vestnes = replace(molde, tenant_id=2, kommune="vestnes", audience="vestnes-api")
    token = provider.token(kommune=["molde", "vestnes"])

    with pytest.raises(NotFound):
        await verifier.caller(token, "vestnes", Bindings([molde, vestnes]))


async def test_keys_of_one_kommunes_binding_are_no_good_for_another(
    provider: Provider, verifier: Verifier, molde: IssuerBinding, other_key: Key
) -> None:
    provider.answer("/forged", {"keys": [public(other_key, "first")]})
    forged = Issuer(provider.url, jwks_uri=f"{provider.url}/forged")
    vestnes = replace(molde, tenant_id=2, kommune="vestnes", issuer=forged)
    token = provider.token(other_key, kommune=["molde", "vestnes"])
    bindings = Bindings([vestnes, molde])
    assert (await verifier.caller(token, "vestnes", bindings)).subject == "ingrid"

    with pytest.raises(Unauthenticated):
        await verifier.caller(token, "molde", bindings)


async def test_verified_token_outlives_its_key_but_not_itself(
    provider: Provider, client: httpx.AsyncClient, bindings: Bindings, molde: IssuerBinding
) -> None:
    clock = Clock(time.time())
    verifier = Verifier(client, clock)
    token = provider.token(exp=int(clock.now) + 10)
    await verifier.caller(token, "molde", bindings)
    provider.fail()
    verifier._keys.clear()

    assert (await verifier.caller(token, "molde", bindings)).subject == "ingrid"
    assert (await verifier.caller(token, "molde", Bindings([molde]))).subject == "ingrid"
    clock.now += 41
    with pytest.raises(Unavailable):
        await verifier.caller(token, "molde", bindings)


async def test_new_bindings_take_effect_at_once(
    provider: Provider, verifier: Verifier, bindings: Bindings, molde: IssuerBinding
) -> None:
    token = provider.token()
    before = await verifier.caller(token, "molde", bindings)

    after = await verifier.caller(
        token, "molde", Bindings([replace(molde, role_values={"sb": Role.LESER})])
    )

    assert before.roles == {Role.SAKSBEHANDLER}
    assert after.roles == {Role.LESER}
    with pytest.raises(Unauthenticated):
        await verifier.caller(token, "molde", Bindings([]))


async def test_remembered_caller_is_given_at_once(
    provider: Provider, verifier: Verifier, bindings: Bindings
) -> None:
    token = provider.token(filler="x" * 700)
    first = await verifier.caller(token, "molde", bindings)

    started = time.perf_counter()
    callers = [await verifier.caller(token, "molde", bindings) for _ in range(1000)]
    each = (time.perf_counter() - started) / 1000

    assert all(caller is first for caller in callers)
    assert each < 0.0001  # about 3 µs; the rest is room for a busy machine


async def test_outage_without_keys_is_not_the_callers_fault(
    provider: Provider, verifier: Verifier, bindings: Bindings
) -> None:
    token = provider.token()
    provider.fail()

    with pytest.raises(Unavailable):
        await verifier.caller(token, "molde", bindings)


def test_memory_is_bounded_and_lapses() -> None:
    memory: Expiring[str, int] = Expiring(2)

    for value, key in enumerate("abc"):
        memory.put(key, value, expires=10)

    assert [memory.get(key, 9.9) for key in "abc"] == [None, 1, 2]
    assert memory.get("c", 10) is None
