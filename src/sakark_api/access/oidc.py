"""From a bearer token to a caller: signature and claims first, then whether the kommune is theirs.

The only module that verifies tokens, so that another library can take python-jose's place.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

import httpx
from jose import ExpiredSignatureError, JOSEError, JWTError, jwt

from sakark_api.access.allowance import Allowance
from sakark_api.access.caller import Caller, Operator, Role
from sakark_api.access.keys import Issuer, Keys
from sakark_api.errors import Forbidden, NotFound, Unauthenticated
from sakark_api.observe.metrics import TOKENS
from sakark_api.texts import text

__all__ = ["Bindings", "IssuerBinding", "OperatorBinding", "Verifier"]

ALGORITHMS = ("RS256", "ES256")
TYPES = ("jwt", "at+jwt", "application/at+jwt")
REQUIRED = ("exp", "iss", "aud", "sub")
NAMES = ("name", "preferred_username", "client_name", "client_id", "azp", "sub")
# Names that only people have: a system may have a `preferred_username` (Keycloak's do).
PERSONAL = ("name", "given_name", "family_name", "pid")

LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 30
REMEMBERED = 10_000

# The parts of a signed token (RFC 7515). Base64 decoders skip foreign characters, so one
# token could be written in many ways; an encrypted token has five parts.
COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

OPTIONS = {f"require_{claim}": True for claim in REQUIRED} | {
    "leeway": LEEWAY_SECONDS,
    "verify_at_hash": False,
}

_REMEMBERED, _VERIFIED, _REFUSED = map(TOKENS.labels, ("remembered", "verified", "refused"))

Claims = Mapping[str, object]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class IssuerBinding:
    """That one kommune trusts one issuer, and how to read the issuer's tokens.

    `kommune_claim` and `role_claim` are dotted paths into the claims. The kommune claim is one
    or more of the kommune's slug, kommunenummer (present or former) or organisasjonsnummer, the
    last also as in Maskinporten's `consumer.ID`. `role_values` says which of the role claim's
    values give which role; values it does not know give nothing.
    """

    tenant_id: int
    kommune: str
    kommunenummer: tuple[str, ...]
    organisasjonsnummer: str | None
    issuer: Issuer
    audience: str
    kommune_claim: str
    role_claim: str
    role_values: Mapping[str, Role]
    sandkasse_for: str | None = None
    """The kommune whose tokens open this one too, a sandbox of theirs."""

    def names_kommune(self, claims: Claims) -> bool:
        """Tell whether the kommune claim names this kommune."""
        names = {self.sandkasse_for or self.kommune, *self.kommunenummer}
        number = self.organisasjonsnummer
        return any(
            value in names or (number and value.rpartition(":")[2] == number)
            for value in _values(claims, self.kommune_claim)
        )

    def roles(self, claims: Claims) -> frozenset[Role]:
        """Give the roles of the role claim, which may list them or write them with spaces."""
        given = self.groups(claims)
        return frozenset(self.role_values[value] for value in given if value in self.role_values)

    def groups(self, claims: Claims) -> frozenset[str]:
        """Give every value of the role claim."""
        return frozenset(" ".join(_values(claims, self.role_claim)).split())

    def caller(self, claims: Claims) -> Caller:
        return Caller(
            tenant_id=self.tenant_id,
            kommune=self.kommune,
            subject=str(claims["sub"]),
            issuer=self.issuer.url,
            name=_name(claims),
            roles=self.roles(claims),
            groups=self.groups(claims),
            person=any(claims.get(key) for key in PERSONAL),
        )


@dataclass(frozen=True)
class OperatorBinding:
    """The issuer of the operator's staff, from the settings: no kommune can change it."""

    issuer: Issuer
    audience: str
    role_claim: str
    role: str

    def operator(self, claims: Claims) -> Operator:
        if self.role not in " ".join(_values(claims, self.role_claim)).split():
            raise Forbidden(text("Dette er for drift. Be om rollen, eller bruk kommunens adresse."))
        return Operator(self.issuer.url, str(claims["sub"]), _name(claims))


class Bindings:
    """Every kommune's bindings, as they are now; when the registry changes, make a new object."""

    def __init__(self, bindings: Iterable[IssuerBinding]) -> None:
        self._of_issuer: dict[str, list[IssuerBinding]] = {}
        for binding in bindings:
            self._of_issuer.setdefault(binding.issuer.url, []).append(binding)

    def of_issuer(self, url: str) -> list[IssuerBinding]:
        return self._of_issuer.get(url, [])


class Expiring(Generic[K, V]):
    """A bounded memory: values lapse at their time, and the oldest gives way when it is full."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, now: float) -> V | None:
        entry = self._entries.get(key)
        return entry[1] if entry and now < entry[0] else None

    def put(self, key: K, value: V, expires: float) -> None:
        self._entries[key] = (expires, value)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


class Verifier:
    """Tells whom a token speaks for, and remembers it until the token expires.

    Remembered are verified claims per token and issuer, which outlive a change of bindings and
    the issuer's keys, and callers per token and kommune, which hold for one `Bindings` object.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
        remembered: int = REMEMBERED,
        refusals: Allowance | None = None,
    ) -> None:
        self._client = client
        self._refusals = refusals or Allowance("address, refused", 0)
        self._clock = clock
        self._keys: dict[Issuer, Keys] = {}
        self._callers: Expiring[tuple[bytes, str], tuple[Bindings, Caller]] = Expiring(remembered)
        self._verified: Expiring[tuple[bytes, Issuer, str], Claims] = Expiring(remembered)

    async def caller(
        self, token: str, kommune: str, bindings: Bindings, address: str = ""
    ) -> Caller:
        """Give the caller that `token` (without `Bearer`) is in `kommune` (a slug).

        Raises `Unauthenticated` when the token does not hold, `NotFound` when it holds but
        gives no access to `kommune`, `Unavailable` when the issuer's keys cannot be had, `TooMany`
        when too much of what comes from `address` is refused and the token was not seen before.
        """
        digest = _digest(token)
        remembered = self._callers.get((digest, kommune), self._clock())
        if remembered and remembered[0] is bindings:
            _REMEMBERED.inc()
            return remembered[1]
        with self._counting(address):
            caller = await self._decide(token, digest, kommune, bindings)
        _VERIFIED.inc()
        return caller

    @contextmanager
    def _counting(self, address: str) -> Iterator[None]:
        """Count what is refused, and look at nothing more when that is too much."""
        self._refusals.refuse_spent(address)
        try:
            yield
        except (Unauthenticated, Forbidden, NotFound):
            _REFUSED.inc()
            self._refusals.count(address)
            raise

    async def operator(self, token: str, binding: OperatorBinding, address: str = "") -> Operator:
        """Give the operator that `token` speaks for.

        Raises `Unauthenticated` when the token does not hold or is for elsewhere, `Forbidden` when
        it holds and does not give the role, `Unavailable` when the issuer's keys cannot be had,
        `TooMany` as for a caller.
        """
        known = self._remembered_claims(_digest(token), binding.issuer, binding.audience)
        if known is not None:
            return binding.operator(known)
        with self._counting(address):
            return await self._decide_operator(token, binding)

    async def _decide_operator(self, token: str, binding: OperatorBinding) -> Operator:
        unverified = _read_claims(token)
        if unverified["iss"] != binding.issuer.url:
            raise Unauthenticated(text("Tokenet er ikke utstedt for drift av tjenesten."))
        _refuse_other_audience(unverified, [binding.audience])
        claims = await self._claims(token, _digest(token), binding.issuer, binding.audience)
        return binding.operator(claims)

    async def _decide(self, token: str, digest: bytes, kommune: str, bindings: Bindings) -> Caller:
        trusted = _trusted(_read_claims(token), bindings)
        # A token for elsewhere is verified too: what does not hold gets 401 at every address.
        here = [binding for binding in trusted if binding.kommune == kommune]
        for binding in here or trusted[:1]:
            claims = await self._claims(token, digest, binding.issuer, binding.audience)
            if binding.kommune == kommune and binding.names_kommune(claims):
                caller = binding.caller(claims)
                self._callers.put((digest, kommune), (bindings, caller), _expires(claims))
                return caller
        raise NotFound(
            text("Finner ikke {kommune}, eller du har ikke tilgang der.", kommune=kommune)
        )

    async def _claims(self, token: str, digest: bytes, issuer: Issuer, audience: str) -> Claims:
        claims = self._remembered_claims(digest, issuer, audience)
        if claims is None:
            claims = await self._verify(token, issuer, audience)
            self._verified.put((digest, issuer, audience), claims, _expires(claims))
        return claims

    def _remembered_claims(self, digest: bytes, issuer: Issuer, audience: str) -> Claims | None:
        return self._verified.get((digest, issuer, audience), self._clock())

    async def _verify(self, token: str, issuer: Issuer, audience: str) -> Claims:
        kid, algorithm = _read_header(token)
        if issuer not in self._keys:
            self._keys[issuer] = Keys(issuer, self._client)
        # By ourselves: given a whole key set, python-jose accepts a foreign kid.
        key = await self._keys[issuer].find(kid, algorithm)
        if key is None:
            raise Unauthenticated(
                text("Tokenet er signert med en ukjent nøkkel. Logg inn på nytt.")
            )
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=audience,
                issuer=issuer.url,
                options=OPTIONS,
            )
        except ExpiredSignatureError:
            raise Unauthenticated(text("Tokenet er utløpt. Logg inn på nytt.")) from None
        # python-jose lets the odd number through as int() raises it.
        except (JOSEError, ValueError, TypeError, OverflowError, RecursionError):
            raise Unauthenticated(
                text(
                    "Tokenet er ikke gyldig her nå: signatur eller innhold stemmer ikke."
                    " Logg inn på nytt."
                )
            ) from None
        _refuse_future(claims, self._clock())
        return claims


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()


def _name(claims: Claims) -> str:
    return next(name for key in NAMES if isinstance(name := claims.get(key), str) and name)


def _read_claims(token: str) -> Claims:
    """Read the claims without trust, to learn whom to ask; what passes has a header too."""
    if len(token) > LONGEST_TOKEN or not COMPACT.fullmatch(token):
        raise _malformed()
    try:
        claims = jwt.get_unverified_claims(token)
    except (JWTError, RecursionError):
        raise _malformed() from None
    missing = [claim for claim in REQUIRED if claims.get(claim) in (None, "")]
    if missing:
        raise Unauthenticated(
            text(
                "Tokenet mangler {claims}. Be innloggingstjenesten om et tilgangstoken.",
                claims=", ".join(missing),
            )
        )
    return claims


def _read_header(token: str) -> tuple[str, str]:
    """Give `kid` and `alg`, without trust; refuse what is not a plainly signed access token."""
    header = jwt.get_unverified_header(token)
    kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ", "JWT")
    if algorithm not in ALGORITHMS:
        raise Unauthenticated(text("Tokenet må være signert med RS256 eller ES256."))
    if not isinstance(kid, str) or not kid:
        raise Unauthenticated(text("Tokenet sier ikke hvilken nøkkel det er signert med (kid)."))
    # python-jose takes no notice of extensions that must be understood (RFC 7515, 4.1.11).
    if "crit" in header or not isinstance(kind, str) or kind.lower() not in TYPES:
        raise Unauthenticated(text("Dette er ikke et tilgangstoken. Send et tilgangstoken (JWT)."))
    return kid, algorithm


def _trusted(claims: Claims, bindings: Bindings) -> list[IssuerBinding]:
    """Give the bindings, of any kommune, that take this issuer's tokens for this audience."""
    issuer = claims["iss"]
    of_issuer = bindings.of_issuer(issuer) if isinstance(issuer, str) else []
    if not of_issuer:
        raise Unauthenticated(
            text("Ingen kommune her bruker innloggingstjenesten som har utstedt tokenet.")
        )
    named = _refuse_other_audience(claims, [binding.audience for binding in of_issuer])
    return [binding for binding in of_issuer if binding.audience in named]


def _refuse_other_audience(claims: Claims, ours: Iterable[str]) -> list[str]:
    """Refuse a token for others; give those of our audiences that it names."""
    audience = claims["aud"]
    audiences = audience if isinstance(audience, list) else [audience]
    named = [one for one in ours if one in audiences]
    if not named:
        raise Unauthenticated(
            text("Tokenet er ment for en annen tjeneste (aud). Be om et token for denne.")
        )
    return named


def _refuse_future(claims: Claims, now: float) -> None:
    issued = claims.get("iat")
    if isinstance(issued, int | float) and issued > now + LEEWAY_SECONDS:
        raise Unauthenticated(text("Tokenet er utstedt fram i tid. Sjekk klokka til utstederen."))


def _expires(claims: Claims) -> float:
    """Give when the claims are no longer to be remembered; a text is never remembered."""
    exp = claims["exp"]
    return exp + LEEWAY_SECONDS if isinstance(exp, int | float) else 0


def _values(claims: object, path: str) -> Iterator[str]:
    """Walk a dotted path, through lists too; a claim whose own name has dots in it comes first."""
    if isinstance(claims, list):
        for claim in claims:
            yield from _values(claim, path)
    elif isinstance(claims, dict):
        head, _, rest = (path, "", "") if path in claims else path.partition(".")
        if head in claims:
            yield from _values(claims[head], rest)
    elif isinstance(claims, str) and not path:
        yield claims


def _malformed() -> Unauthenticated:
    return Unauthenticated(text("Det som ble sendt, er ikke et token. Logg inn på nytt."))
