"""The development OIDC issuer: demo users who log in with a click.

Known passwords and a private key in a file: for `sakark dev` and tests, never for real data.
"""

import base64
import json
import re
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus, urlencode
from uuid import NAMESPACE_URL, uuid4, uuid5

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import JOSEError, jwk, jwt
from jose.backends.base import Key
from jose.utils import base64url_encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sakark_api.access.caller import Role

__all__ = [
    "AUDIENCE",
    "OPERATOR",
    "Client",
    "User",
    "create_identity",
    "demo_clients",
    "demo_users",
    "issue_token",
]

AUDIENCE = "sakark"
KOMMUNER = ("molde", "vestnes", "rauma", "aukra", "midsund")
SCOPES = ("openid", "profile", "offline_access")
LOGIN_GRANTS = ("authorization_code", "password", "refresh_token")
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

# Any port and path on this machine (RFC 8252, 7.3), with nothing in it that browsers read anew.
LOOPBACK = re.compile(
    r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?([/?][!\"$-\[\]-~]*)?", re.ASCII
)
CHALLENGE = re.compile(r"[\w-]{43}", re.ASCII)

CODE_SECONDS = 60
ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 30 * 24 * 3600

ACCESS_TYPE = "at+jwt"
REFRESH_TYPE = "rt+jwt"
KEY_FILE = "identity.pem"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

# What the login page must send on with the user who is chosen.
CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)

PAGE = """<!DOCTYPE html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Sakark utprøving</title>
<style>
body {{ font: 1.125rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0; }}
main {{ max-width: 40rem; margin: 0 auto; padding: 1.5rem; }}
fieldset {{ border: 1px solid #6b6b6b; border-radius: .25rem; margin: 0 0 1rem; }}
legend {{ font-weight: bold; padding: 0 .5rem; }}
button {{ font: inherit; color: inherit; background: #f0f4f8; border: 1px solid #4a5a6a;
  border-radius: .25rem; display: block; width: 100%; text-align: start; cursor: pointer;
  margin: .5rem 0; padding: .5rem .75rem; min-height: 2.75rem; }}
button:hover {{ background: #dde7f0; }}
button:focus-visible {{ outline: 3px solid #0b4f9c; outline-offset: 2px; }}
</style>
</head>
<body><main><h1>{title}</h1>{content}</main></body>
</html>
"""

# Eleven and seven have no common factor: 77 users before a name comes again.
FIRST_NAMES = (
    "Ingrid", "Olav", "Solveig", "Magnus", "Astrid", "Henrik",
    "Marit", "Sivert", "Gunnhild", "Eirik", "Ragnhild",
)  # fmt: skip
LAST_NAMES = ("Hjelvik", "Nerbø", "Sandnes", "Gjerde", "Aasen", "Røsberg", "Tangen")


@dataclass(frozen=True)
class User:
    """Somebody tokens speak for: one role in one kommune, or the operator's, which is in none."""

    username: str
    name: str
    kommune: str
    role: str
    password: str
    person: bool = True

    @property
    def subject(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"sakark:{self.username}"))


OPERATOR = User("drift@sakark", "Torbjørn Drift", "sakark", "drift", "demo")


@dataclass(frozen=True)
class Client:
    """A program. With a secret it speaks for its own `account`; without one it logs users in."""

    client_id: str
    redirect_uris: tuple[str, ...] = ()
    secret: str | None = None
    account: User | None = None


def demo_users(kommuner: Sequence[str] = KOMMUNER) -> list[User]:
    """Give one user per role and kommune, `<rolle>@<kommune>`, always the same ones."""
    roles = [(role, kommune) for kommune in kommuner for role in Role]
    return [
        User(
            username=f"{role}@{kommune}",
            name=f"{FIRST_NAMES[at % 11]} {LAST_NAMES[at % 7]}",
            kommune=kommune,
            role=role,
            password="demo",
        )
        for at, (role, kommune) in enumerate(roles)
    ]


def demo_clients(
    kommuner: Sequence[str] = KOMMUNER, redirect_uris: tuple[str, ...] = ()
) -> list[Client]:
    """Give the web client `spa` and one `fagsystem-<kommune>` each; loopback needs no listing."""
    systems = [
        User(
            username=f"fagsystem-{kommune}",
            name=f"Fagsystemet i {kommune.capitalize()}",
            kommune=kommune,
            role=Role.SAKSBEHANDLER,
            password="demo",
            person=False,
        )
        for kommune in kommuner
    ]
    return [
        Client("spa", redirect_uris=redirect_uris),
        *(Client(it.username, secret=it.password, account=it) for it in systems),
    ]


def issue_token(
    user: User, issuer: str, key_dir: Path, clock: Callable[[], float] = time.time
) -> str:
    """Give an access token for `user` without asking a server, made with the key in `key_dir`."""
    return Signer(issuer, key_dir, clock).access_token(user, "sakark-cli", "profile")


def create_identity(
    base_url: str,
    users: Iterable[User],
    clients: Iterable[Client],
    key_dir: Path,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """Make the issuer as an ASGI app to mount; `base_url` is where, and every token's `iss`."""
    identity = Identity(Signer(base_url, key_dir, clock), users, clients, clock)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", identity.discovery),
            Route("/jwks", identity.jwks),
            Route("/authorize", _answering(identity.authorize), methods=["GET", "POST"]),
            Route("/token", _answering(identity.token), methods=["POST"]),
            Route("/userinfo", _answering(identity.userinfo), methods=["GET", "POST"]),
            Route("/logout", _answering(identity.logout), methods=["GET", "POST"]),
            Route("/revoke", _answering(identity.revoke), methods=["POST"]),
        ]
    )


class OAuthError(Exception):
    """An error response of OAuth 2.0 (RFC 6749, 5.2), with a challenge when it is a 401."""

    def __init__(self, error: str, description: str, challenge: str | None = None) -> None:
        super().__init__(description)
        self.error = error
        self.challenge = challenge

    def response(self) -> Response:
        body = {"error": self.error, "error_description": str(self)}
        if self.challenge is None:
            return JSONResponse(body, 400, NO_STORE)
        return JSONResponse(body, 401, NO_STORE | {"WWW-Authenticate": self.challenge})


Endpoint = Callable[[Request], Awaitable[Response]]


def _answering(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except OAuthError as error:
            return error.response()

    return answer


class Signer:
    """Makes and reads the issuer's tokens with one RSA key, generated once and kept in a file."""

    def __init__(self, issuer: str, key_dir: Path, clock: Callable[[], float]) -> None:
        self.issuer = issuer
        self._clock = clock
        self._key: Key = jwk.construct(_private_key(key_dir), "RS256")
        public = self._key.public_key().to_dict()
        self._kid = _thumbprint(public)
        self.jwk = public | {"kid": self._kid, "use": "sig"}

    def access_token(self, user: User, client_id: str, scope: str) -> str:
        claims = _profile(user) | {
            "client_id": client_id,
            "azp": client_id,
            "scope": scope,
            "kommune": user.kommune,
            "roles": [str(user.role)],
        }
        return self.sign(claims, AUDIENCE, ACCESS_TYPE, ACCESS_SECONDS)

    def id_token(self, user: User, client_id: str, nonce: str | None, access_token: str) -> str:
        claims = _profile(user) | ({"nonce": nonce} if nonce else {})
        return self.sign(claims, client_id, "JWT", ACCESS_SECONDS, access_token)

    def sign(
        self,
        claims: Mapping[str, object],
        audience: str,
        kind: str,
        seconds: int,
        access_token: str | None = None,
    ) -> str:
        now = int(self._clock())
        times = {"iat": now, "nbf": now, "exp": now + seconds}
        return jwt.encode(
            {"iss": self.issuer, "aud": audience, "jti": str(uuid4()), **times, **claims},
            self._key,
            algorithm="RS256",
            headers={"kid": self._kid, "typ": kind},
            access_token=access_token,
        )

    def read(self, token: str, audience: str, kind: str) -> Mapping[str, str] | None:
        """Give the claims of a token of our own, of that kind and still valid; else nothing."""
        try:
            if jwt.get_unverified_header(token).get("typ") != kind:
                return None
            public = self._key.public_key()
            return jwt.decode(token, public, ["RS256"], audience=audience, issuer=self.issuer)
        except (JOSEError, ValueError):
            return None


def _profile(user: User) -> dict[str, object]:
    if not user.person:
        return {"sub": user.subject, "client_name": user.name}
    return {"sub": user.subject, "name": user.name, "preferred_username": user.username}


def _private_key(key_dir: Path) -> bytes:
    """Read the key, made first if there is none; of two who make one at once, one wins."""
    path = key_dir / KEY_FILE
    if not path.exists():
        key_dir.mkdir(parents=True, exist_ok=True)
        pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with tempfile.NamedTemporaryFile(dir=key_dir) as file:  # readable to its owner only
            file.write(pem)
            file.flush()
            with suppress(FileExistsError):
                path.hardlink_to(file.name)
    return path.read_bytes()


def _thumbprint(public: Mapping[str, str]) -> str:
    """Name a key by its contents (RFC 7638)."""
    members = {name: public[name] for name in ("e", "kty", "n")}
    return _digest(json.dumps(members, separators=(",", ":")))


def _digest(value: str) -> str:
    return base64url_encode(sha256(value.encode()).digest()).decode()


@dataclass(frozen=True)
class Login:
    """What a code stands for until it is exchanged (RFC 6749, 4.1; RFC 7636)."""

    user: User
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str
    expires: float


class Identity:
    """The endpoints, with what they must remember: codes, spent refresh tokens, revoked logins."""

    def __init__(
        self,
        signer: Signer,
        users: Iterable[User],
        clients: Iterable[Client],
        clock: Callable[[], float],
    ) -> None:
        self._signer = signer
        self._refresh_audience = f"{signer.issuer}/token"
        self._users = {user.username: user for user in users}
        self._clients = {client.client_id: client for client in clients}
        self._clock = clock
        self._logins: dict[str, Login] = {}
        self._spent: set[str] = set()
        self._revoked: set[str] = set()

    async def discovery(self, _: Request) -> Response:
        at = self._signer.issuer
        return JSONResponse(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "userinfo_endpoint": f"{at}/userinfo",
                "end_session_endpoint": f"{at}/logout",
                "revocation_endpoint": f"{at}/revoke",
                "jwks_uri": f"{at}/jwks",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": [*LOGIN_GRANTS, "client_credentials"],
                "scopes_supported": SCOPES,
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": AUTH_METHODS,
                "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
                "authorization_response_iss_parameter_supported": True,
                "ui_locales_supported": ["nb"],
            }
        )

    async def jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._signer.jwk]})

    async def authorize(self, request: Request) -> Response:
        asked = await _parameters(request)
        redirect_uri, state = asked.get("redirect_uri", ""), asked.get("state")
        client = self._clients.get(asked.get("client_id", ""))
        if client is None or client.account or not _may_redirect(client, redirect_uri):
            # Not sent back: an unknown address is where an open redirect would lead.
            return _page(
                "Innloggingen kan ikke starte",
                "<p>Programmet du kom fra, er ikke kjent her, eller adressen det vil tilbake til,"
                " er ikke tillatt. Gå tilbake og prøv på nytt.</p>",
                status=400,
            )
        problem = _problem_with(asked, request.method)
        if problem:
            return _redirect(redirect_uri, error=problem, state=state, iss=self._signer.issuer)
        user = self._users.get(asked.get("username", "")) if request.method == "POST" else None
        if user is None:
            return _login_page(self._users.values(), asked)
        code = self._remember(
            Login(
                user=user,
                client_id=client.client_id,
                redirect_uri=redirect_uri,
                scope=_scope(asked),
                nonce=asked.get("nonce"),
                challenge=asked["code_challenge"],
                expires=self._clock() + CODE_SECONDS,
            )
        )
        return _redirect(redirect_uri, code=code, state=state, iss=self._signer.issuer)

    def _remember(self, login: Login) -> str:
        now = self._clock()
        self._logins = {code: it for code, it in self._logins.items() if now < it.expires}
        code = secrets.token_urlsafe(32)
        self._logins[code] = login
        return code

    async def token(self, request: Request) -> Response:
        form = await _parameters(request)
        client = self._client(request, form)
        grant_type = form.get("grant_type", "")
        grants = {
            "authorization_code": self._by_code,
            "password": self._by_password,
            "refresh_token": self._by_refresh_token,
            "client_credentials": self._by_secret,
        }
        if grant_type not in grants:
            raise OAuthError("unsupported_grant_type", "Bruk en av " + ", ".join(grants))
        if client.account and grant_type in LOGIN_GRANTS:
            raise OAuthError("unauthorized_client", "Programmet logger ikke inn brukere")
        return JSONResponse(grants[grant_type](client, form), headers=NO_STORE)

    def _client(self, request: Request, form: Mapping[str, str]) -> Client:
        """Give the client, by Basic or form (RFC 6749, 2.3.1); a public one just says its name."""
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            with suppress(ValueError):
                pair = base64.b64decode(basic, validate=True).decode()
                client_id, _, secret = (unquote_plus(part) for part in pair.partition(":"))
        client = self._clients.get(client_id)
        if client is None or not _same(secret, client.secret or ""):
            raise OAuthError(
                "invalid_client", "Ukjent program eller feil hemmelighet", 'Basic realm="sakark"'
            )
        return client

    def _by_code(self, client: Client, form: Mapping[str, str]) -> dict[str, object]:
        login = self._logins.pop(form.get("code", ""), None)
        if (
            login is None
            or login.expires <= self._clock()
            or login.client_id != client.client_id
            or login.redirect_uri != form.get("redirect_uri")
            or not _same(login.challenge, _digest(form.get("code_verifier", "")))
        ):
            raise OAuthError("invalid_grant", "Koden er brukt, for gammel eller ikke din")
        return self._login(client, login.user, login.scope, login.nonce)

    def _by_password(self, client: Client, form: Mapping[str, str]) -> dict[str, object]:
        user = self._users.get(form.get("username", ""))
        if user is None or not _same(form.get("password", ""), user.password):
            raise OAuthError("invalid_grant", "Ukjent bruker eller feil passord")
        return self._login(client, user, _scope(form))

    def _by_refresh_token(self, client: Client, form: Mapping[str, str]) -> dict[str, object]:
        claims = self._read_refresh_token(client, form.get("refresh_token", ""))
        user = self._users.get(claims["username"]) if claims else None
        if claims is None or user is None or claims["family"] in self._revoked:
            raise OAuthError("invalid_grant", "Innloggingen er over, logg inn på nytt")
        if claims["jti"] in self._spent:
            # Somebody has a copy: neither of the two is let on (RFC 9700, 4.14.2).
            self._revoked.add(claims["family"])
            raise OAuthError("invalid_grant", "Tokenet er brukt før, logg inn på nytt")
        self._spent.add(claims["jti"])
        return self._login(client, user, claims["scope"], family=claims["family"])

    def _by_secret(self, client: Client, form: Mapping[str, str]) -> dict[str, object]:
        if client.account is None:
            raise OAuthError("unauthorized_client", "Programmet har ingen egen konto")
        scope = " ".join(set(_scope(form).split()) - {"openid", "offline_access"})
        return self._access(client, client.account, scope)

    def _access(self, client: Client, user: User, scope: str) -> dict[str, object]:
        return {
            "access_token": self._signer.access_token(user, client.client_id, scope),
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "scope": scope,
        }

    def _login(
        self,
        client: Client,
        user: User,
        scope: str,
        nonce: str | None = None,
        family: str | None = None,
    ) -> dict[str, object]:
        answer = self._access(client, user, scope)
        remembered = {
            "sub": user.subject,
            "username": user.username,
            "client_id": client.client_id,
            "scope": scope,
            "family": family or str(uuid4()),
        }
        answer["refresh_token"] = self._signer.sign(
            remembered, self._refresh_audience, REFRESH_TYPE, REFRESH_SECONDS
        )
        answer["refresh_expires_in"] = REFRESH_SECONDS
        if "openid" in scope.split():
            access_token = str(answer["access_token"])
            answer["id_token"] = self._signer.id_token(user, client.client_id, nonce, access_token)
        return answer

    def _read_refresh_token(self, client: Client, token: str) -> Mapping[str, str] | None:
        claims = self._signer.read(token, self._refresh_audience, REFRESH_TYPE)
        return claims if claims and claims["client_id"] == client.client_id else None

    async def userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = self._signer.read(token, AUDIENCE, ACCESS_TYPE)
        if scheme.lower() != "bearer" or claims is None:
            raise OAuthError(
                "invalid_token", "Send et gyldig tilgangstoken", 'Bearer error="invalid_token"'
            )
        told = ("sub", "name", "preferred_username", "kommune", "roles")
        return JSONResponse({claim: claims[claim] for claim in told}, headers=NO_STORE)

    async def logout(self, request: Request) -> Response:
        """Send the user back; nobody stays logged in here, so there is nothing to end."""
        asked = await _parameters(request)
        redirect_uri = asked.get("post_logout_redirect_uri", "")
        if any(_may_redirect(client, redirect_uri) for client in self._clients.values()):
            return _redirect(redirect_uri, state=asked.get("state"))
        return _page("Du er logget ut", "<p>Du kan lukke denne siden.</p>")

    async def revoke(self, request: Request) -> Response:
        """End a login by its refresh token (RFC 7009); whatever else is sent, the answer is 200."""
        form = await _parameters(request)
        claims = self._read_refresh_token(self._client(request, form), form.get("token", ""))
        if claims:
            self._revoked.add(claims["family"])
        return Response(headers=NO_STORE)


async def _parameters(request: Request) -> dict[str, str]:
    """Give the query's or the form's parameters, each at most once (RFC 6749, 3.1 and 3.2)."""
    sent = request.url.query.encode()
    if request.method == "POST":
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded")
        sent = await request.body()
    try:
        pairs = parse_qsl(sent.decode("ascii"), errors="strict", max_num_fields=50)
    except ValueError:
        raise OAuthError("invalid_request", "Parametrene kan ikke leses") from None
    if len(dict(pairs)) < len(pairs):
        raise OAuthError("invalid_request", "En parameter er gitt to ganger")
    return dict(pairs)


def _problem_with(asked: Mapping[str, str], method: str) -> str | None:
    """Give the error (RFC 6749, 4.1.2.1) of an authorization request, if it has one."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    challenge = asked.get("code_challenge", "")
    if asked.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
        return "invalid_request"
    if asked.get("prompt") == "none" and method == "GET":
        return "login_required"
    return None


def _scope(asked: Mapping[str, str]) -> str:
    """Give what is known of the scopes asked for; who asks for none gets the profile."""
    wanted = asked.get("scope", "profile").split()
    return " ".join(scope for scope in SCOPES if scope in wanted)


def _may_redirect(client: Client, uri: str) -> bool:
    return uri in client.redirect_uris or bool(LOOPBACK.fullmatch(uri))


def _redirect(uri: str, **parameters: str | None) -> Response:
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    separator = "&" if "?" in uri else "?"
    return RedirectResponse(f"{uri}{separator}{query}" if query else uri, 303, NO_STORE)


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _login_page(users: Iterable[User], asked: Mapping[str, str]) -> Response:
    carried = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
        if name in CARRIED
    )
    groups = "".join(
        f"<fieldset><legend>{escape(kommune.capitalize())}</legend>"
        + "".join(
            f'<button name="username" value="{escape(user.username)}">'
            f"<b>{escape(user.name)}</b> {escape(user.role)}</button>"
            for user in members
        )
        + "</fieldset>"
        for kommune, members in groupby(users, lambda user: user.kommune)
    )
    return _page(
        "Logg inn",
        "<p>Velg hvem du vil være. Dette er oppdiktede brukere for utprøving;"
        f' du trenger ikke passord.</p><form method="post">{carried}{groups}</form>',
    )


def _page(title: str, content: str, status: int = 200) -> Response:
    return HTMLResponse(
        PAGE.format(title=escape(title), content=content),
        status,
        NO_STORE
        | {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
            " base-uri 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
        },
    )
