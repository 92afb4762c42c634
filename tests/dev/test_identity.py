"""The development issuer over real HTTP: logging in, exchanging, refreshing, being refused."""

import base64
import socket
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from jose import jwt
from starlette.applications import Starlette
from starlette.routing import Mount

from sakark_api.access.caller import Role
from sakark_api.access.keys import Issuer
from sakark_api.access.oidc import Bindings, IssuerBinding, Verifier
from sakark_api.dev.identity import (
    AUDIENCE,
    create_identity,
    demo_clients,
    demo_users,
    issue_token,
)
from sakark_api.errors import Unauthenticated

VERIFIER = "en-hemmelighet-som-er-lang-nok-til-aa-holde-2026"
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CALLBACK = "http://127.0.0.1:5173/callback"
CONFIGURED = "https://sak.example.no/callback"
LOGIN = {"grant_type": "password", "client_id": "spa", "password": "demo"}
INGRID = LOGIN | {"username": "saksbehandler@molde"}


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Served:
    """A running issuer and a client at its address."""

    issuer: str
    address: str
    key_dir: Path
    clock: Clock
    http: httpx.Client

    def token(self, **form: str) -> httpx.Response:
        return self.http.post(f"{self.address}/token", data=form)

    def system_token(self, client_id: str, secret: str) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        return self.http.post(f"{self.address}/token", data=form, auth=(client_id, secret))

    def authorize(self, **changed: str) -> httpx.Response:
        return self.http.get(f"{self.address}/authorize", params=ASKED | changed)

    def choose(self, **changed: str) -> httpx.Response:
        chosen = ASKED | {"username": "saksbehandler@molde"} | changed
        return self.http.post(f"{self.address}/authorize", data=chosen)

    def code(self, **changed: str) -> str:
        return parameters(self.choose(**changed))["code"]

    def exchange(self, code: str, **changed: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": "spa",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.token(**(form | changed))


ASKED = {
    "response_type": "code",
    "client_id": "spa",
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "state": "æ&b=<c>",
    "nonce": "n-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def parameters(answer: httpx.Response) -> dict[str, str]:
    """Give what a redirect carries back."""
    assert answer.status_code == 303, answer.text
    return {name: value for name, [value] in parse_qs(urlsplit(location(answer)).query).items()}


def location(answer: httpx.Response) -> str:
    return str(answer.headers["location"])


def claims(token: str) -> dict[str, Any]:
    return jwt.get_unverified_claims(token)


@contextmanager
def serving(key_dir: Path, issuer: str | None = None) -> Iterator[Served]:
    """Run an issuer on a free port; it may call itself what an earlier one was called."""
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listening, httpx.Client() as client:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/identity"
        issuer = issuer or address
        clients = demo_clients(redirect_uris=(CONFIGURED,))
        identity = create_identity(issuer, demo_users(), clients, key_dir, clock)
        app = Starlette(routes=[Mount("/identity", identity)])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield Served(issuer, address, key_dir, clock, client)
        finally:
            client.close()
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("identity") / "keys") as running:
        yield running


@pytest.fixture
def served(running: Served) -> Served:
    running.clock.ahead = 0
    return running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_discovery_leads_to_every_endpoint(served: Served) -> None:
    found = served.http.get(f"{served.issuer}/.well-known/openid-configuration").json()

    assert found["issuer"] == served.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    statuses = {
        name: served.http.get(url).status_code
        for name, url in found.items()
        if name.endswith(("_endpoint", "_uri"))
    }
    assert statuses == {
        "authorization_endpoint": 400,
        "token_endpoint": 405,
        "userinfo_endpoint": 401,
        "end_session_endpoint": 200,
        "revocation_endpoint": 405,
        "jwks_uri": 200,
    }


def test_jwks_is_public(served: Served) -> None:
    [key] = served.http.get(f"{served.issuer}/jwks").json()["keys"]

    assert set(key) == {"kty", "alg", "use", "kid", "n", "e"}


def test_key_is_the_owners_only(served: Served) -> None:
    [file] = served.key_dir.iterdir()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_user_logs_in_with_code_and_pkce(served: Served) -> None:
    sent_back = parameters(served.choose())
    answer = served.exchange(sent_back["code"])

    assert sent_back["state"] == ASKED["state"]
    assert sent_back["iss"] == served.issuer
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {
        "access_token",
        "expires_in",
        "id_token",
        "refresh_expires_in",
        "refresh_token",
        "scope",
        "token_type",
    }
    assert (body["token_type"], body["expires_in"], body["scope"]) == (
        "Bearer",
        900,
        "openid profile",
    )


def test_access_token_says_who_and_where(served: Served) -> None:
    token = served.token(**INGRID).json()["access_token"]

    header, content = jwt.get_unverified_header(token), claims(token)

    assert (header["alg"], header["typ"]) == ("RS256", "at+jwt")
    assert content["iss"] == served.issuer
    assert content["aud"] == AUDIENCE
    assert content["exp"] == content["iat"] + 900
    assert content["azp"] == content["client_id"] == "spa"
    assert (content["kommune"], content["roles"]) == ("molde", ["saksbehandler"])
    assert content["preferred_username"] == "saksbehandler@molde"
    assert {"sub", "jti", "nbf", "name", "scope"} <= set(content)


def test_id_token_is_for_the_client(served: Served) -> None:
    body = served.exchange(served.code()).json()

    content = claims(body["id_token"])

    assert (content["aud"], content["nonce"]) == ("spa", "n-1")
    assert content["sub"] == claims(body["access_token"])["sub"]
    assert "at_hash" in content


def test_login_page_lists_everybody_and_carries_the_request(served: Served) -> None:
    page = served.authorize()

    assert page.status_code == 200
    assert '<html lang="nb">' in page.text
    assert all(f'value="{user.username}"' in page.text for user in demo_users())
    assert 'name="state" value="æ&amp;b=&lt;c&gt;"' in page.text
    assert f'name="code_challenge" value="{CHALLENGE}"' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_login_page_escapes_what_it_is_given(served: Served) -> None:
    page = served.authorize(state='"><script>alert(1)</script>')

    assert "<script" not in page.text


def test_unknown_user_gets_the_page_again(served: Served) -> None:
    assert "Velg hvem" in served.choose(username="ukjent@molde").text


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://evil.example/",
        CONFIGURED + "/",
        "https://sak.example.no/callback?x=1",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:80@evil.example/",
        "http://localhost.evil.example/",
        "http://localhost\\@evil.example/",
        "http://localhost\n.evil.example/",
        "http://localhost:5173/#fragment",
        "http://127.0.0.1:5173:80/",
        "javascript://localhost/%0aalert(1)",
        "//localhost/",
        "http://127.0.0.1.",
        "http://localhost/æ",
    ],
)
def test_nobody_is_sent_to_a_strange_address(served: Served, uri: str) -> None:
    asked, chosen = served.authorize(redirect_uri=uri), served.choose(redirect_uri=uri)

    assert (asked.status_code, chosen.status_code) == (400, 400)
    assert "location" not in {*asked.headers, *chosen.headers}


@pytest.mark.parametrize(
    "uri",
    [
        CONFIGURED,
        "http://localhost:5173",
        "http://localhost:5173/?a=b",
        "http://[::1]:8080/x",
        "https://127.0.0.1/a/b.html?c=%C3%A6",
    ],
)
def test_loopback_and_configured_addresses_are_known(served: Served, uri: str) -> None:
    answer = served.choose(redirect_uri=uri)

    assert location(answer).startswith(uri + ("&code=" if "?" in uri else "?code="))
    code = parse_qs(urlsplit(location(answer)).query)["code"][0]
    assert served.exchange(code, redirect_uri=uri).status_code == 200


@pytest.mark.parametrize("client_id", ["", "ukjent", "fagsystem-molde"])
def test_only_a_public_client_starts_a_login(served: Served, client_id: str) -> None:
    assert served.authorize(client_id=client_id).status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "kort"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_wrong_request_is_sent_back_with_its_error(
    served: Served, changed: dict[str, str], error: str
) -> None:
    sent_back = parameters(served.authorize(**changed))

    assert sent_back["error"] == error
    assert sent_back["state"] == ASKED["state"]


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": ""},
        {"code_verifier": "æ" * 43},
        {"redirect_uri": CONFIGURED},
        {"redirect_uri": ""},
        {"code": "gjettet"},
    ],
)
def test_code_is_for_its_owner_and_spent_by_a_wrong_try(
    served: Served, changed: dict[str, str]
) -> None:
    code = served.code()
    wrong = served.exchange(**({"code": code} | changed))

    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert wrong.headers["cache-control"] == "no-store"
    assert (served.exchange(code).status_code == 200) == ("code" in changed)


def test_code_is_used_once(served: Served) -> None:
    code = served.code()
    served.exchange(code)

    assert served.exchange(code).json()["error"] == "invalid_grant"


def test_code_lasts_a_minute(served: Served) -> None:
    code = served.code()
    served.clock.ahead = 60

    assert served.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("changed", [{"password": "feil"}, {"username": "x"}, {"password": ""}])
def test_wrong_password_is_refused(served: Served, changed: dict[str, str]) -> None:
    assert served.token(**(INGRID | changed)).json()["error"] == "invalid_grant"


def test_without_openid_there_is_no_id_token(served: Served) -> None:
    body = served.token(**INGRID, scope="profile noe-annet").json()

    assert body["scope"] == "profile"
    assert "id_token" not in body


def test_system_may_put_its_secret_in_the_form(served: Served) -> None:
    form = {"client_id": "fagsystem-rauma", "client_secret": "demo"}

    assert served.token(grant_type="client_credentials", **form).status_code == 200


def test_system_logs_in_with_its_secret(served: Served) -> None:
    body = served.system_token("fagsystem-rauma", "demo").json()

    content = claims(body["access_token"])
    assert (content["kommune"], content["roles"]) == ("rauma", ["saksbehandler"])
    assert content["client_id"] == "fagsystem-rauma"
    assert "refresh_token" not in body


@pytest.mark.parametrize(
    "auth",
    [("fagsystem-rauma", "feil"), ("fagsystem-rauma", ""), ("ukjent", "demo"), ("spa", "demo")],
)
def test_wrong_client_is_refused(served: Served, auth: tuple[str, str]) -> None:
    answer = served.system_token(*auth)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_unreadable_basic_is_refused(served: Served) -> None:
    answer = served.http.post(
        f"{served.issuer}/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": "Basic ikke base64"},
    )

    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "spa", "grant_type": "client_credentials"}, "unauthorized_client"),
        (
            {"client_id": "fagsystem-molde", "client_secret": "demo", "grant_type": "password"},
            "unauthorized_client",
        ),
        ({"client_id": "spa", "grant_type": "implicit"}, "unsupported_grant_type"),
        ({"client_id": "spa"}, "unsupported_grant_type"),
    ],
)
def test_grant_must_be_one_for_the_client(served: Served, form: dict[str, str], error: str) -> None:
    assert served.token(**form).json()["error"] == error


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"client_id=spa&client_id=spa"),
        ("application/x-www-form-urlencoded", b"client_id=%ff"),
        ("application/x-www-form-urlencoded", b"client_id=\xe6"),
        ("application/x-www-form-urlencoded", b"a=b&" * 51),
    ],
)
def test_unreadable_form_is_refused(served: Served, kind: str, body: bytes) -> None:
    answer = served.http.post(
        f"{served.issuer}/token", content=body, headers={"Content-Type": kind}
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def refresh(served: Served, token: str, **changed: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": token}
    return served.token(**(form | changed))


def test_refresh_token_gives_a_new_login(served: Served) -> None:
    first = served.token(**INGRID, scope="openid").json()

    second = refresh(served, first["refresh_token"]).json()

    assert second["scope"] == "openid"
    assert second["refresh_token"] != first["refresh_token"]
    assert claims(second["access_token"])["sub"] == claims(first["access_token"])["sub"]
    assert refresh(served, second["refresh_token"]).status_code == 200


def test_reused_refresh_token_ends_the_login_for_both(served: Served) -> None:
    stolen = served.token(**INGRID).json()["refresh_token"]
    fresh = refresh(served, stolen).json()["refresh_token"]

    assert refresh(served, stolen).json()["error"] == "invalid_grant"
    assert refresh(served, fresh).json()["error"] == "invalid_grant"


def test_access_token_does_not_refresh(served: Served) -> None:
    token = served.token(**INGRID).json()["access_token"]

    assert refresh(served, token).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("token", ["", "tull", "a.b.c"])
def test_nonsense_does_not_refresh(served: Served, token: str) -> None:
    assert refresh(served, token).json()["error"] == "invalid_grant"


def test_revoked_login_does_not_refresh(served: Served) -> None:
    token = served.token(**INGRID).json()["refresh_token"]

    revoked = served.http.post(f"{served.issuer}/revoke", data={"client_id": "spa", "token": token})

    assert revoked.status_code == 200
    assert refresh(served, token).json()["error"] == "invalid_grant"


def test_revoking_nonsense_is_fine(served: Served) -> None:
    answer = served.http.post(f"{served.issuer}/revoke", data={"client_id": "spa", "token": "x"})

    assert answer.status_code == 200


def test_tokens_survive_a_restart(served: Served) -> None:
    before = served.token(**INGRID).json()

    with serving(served.key_dir, served.issuer) as again:
        assert refresh(again, before["refresh_token"]).status_code == 200
        assert userinfo(again, before["access_token"]).status_code == 200


def userinfo(served: Served, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return served.http.get(f"{served.address}/userinfo", headers=headers)


def test_userinfo_tells_who_it_is(served: Served) -> None:
    user = next(user for user in demo_users() if user.username == "leder@aukra")
    token = served.token(**LOGIN, username=user.username).json()["access_token"]

    assert userinfo(served, token).json() == {
        "sub": user.subject,
        "name": user.name,
        "preferred_username": "leder@aukra",
        "kommune": "aukra",
        "roles": ["leder"],
    }


@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
def test_userinfo_takes_access_tokens_only(served: Served, kind: str) -> None:
    token = served.token(**INGRID, scope="openid").json()[kind]

    answer = userinfo(served, token)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_logout_sends_back_to_a_known_address(served: Served) -> None:
    asked = {"post_logout_redirect_uri": "http://localhost:5173/", "state": "s"}

    answer = served.http.get(f"{served.issuer}/logout", params=asked)

    assert location(answer) == "http://localhost:5173/?state=s"


def test_logout_sends_nobody_elsewhere(served: Served) -> None:
    asked = {"post_logout_redirect_uri": "https://evil.example/"}

    answer = served.http.get(f"{served.issuer}/logout", params=asked)

    assert answer.status_code == 200
    assert "Du er logget ut" in answer.text


def test_demo_users_are_always_the_same() -> None:
    users = demo_users()

    assert users == demo_users()
    assert len({user.name for user in users}) == len(users) == 25
    assert len({user.subject for user in users}) == 25


def test_two_who_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    [user, *_] = demo_users(["molde"])

    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda _: issue_token(user, "http://x", tmp_path), range(4)))

    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 1


@pytest.mark.anyio
async def test_api_takes_access_tokens_and_nothing_else(served: Served) -> None:
    binding = IssuerBinding(
        tenant_id=7,
        kommune="molde",
        kommunenummer=("1506",),
        organisasjonsnummer="921221967",
        issuer=Issuer(served.issuer),
        audience=AUDIENCE,
        kommune_claim="kommune",
        role_claim="roles",
        role_values={role.value: role for role in Role},
    )
    bindings = Bindings([binding])
    body = served.token(**INGRID, scope="openid").json()
    user = next(user for user in demo_users() if user.username == "saksbehandler@molde")
    from_command_line = issue_token(user, served.issuer, served.key_dir)
    async with httpx.AsyncClient() as client:
        verifier = Verifier(client)

        caller = await verifier.caller(body["access_token"], "molde", bindings)
        same = await verifier.caller(from_command_line, "molde", bindings)

        assert caller == same
        assert (caller.name, caller.roles) == (user.name, frozenset({Role.SAKSBEHANDLER}))
        for kind in ("id_token", "refresh_token"):
            with pytest.raises(Unauthenticated):
                await verifier.caller(body[kind], "molde", bindings)
