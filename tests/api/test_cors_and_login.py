"""Web clients: from another origin, through the login, to the API."""

import asyncio
import base64
import hashlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from tests.conftest import REL, LogIn, Service
from tests.tenancy.processes import Program, environment, running

from sakark_api.access.caller import Role
from sakark_api.dev.identity import ACCESS_TYPE, AUDIENCE, Signer, User, issue_token
from sakark_api.settings import Settings

ORIGIN = "https://spa.example"
ID = "00000000-0000-0000-0000-000000000000"
ADDRESSES = [
    "/kommuner/",
    "/molde/api/",
    "/molde/api/.well-known/openid-configuration",
    "/molde/api/arkivstruktur/",
    "/molde/api/sakarkiv/journalpost/",
    f"/molde/api/sakarkiv/journalpost/{ID}/",
    f"/molde/api/sakarkiv/journalpost/{ID}/ny-merknad/",
    f"/molde/api/sakarkiv/journalpost/{ID}/dokumentbeskrivelse/",
    f"/molde/api/arkivstruktur/dokumentobjekt/{ID}/fil/",
    f"/molde/api/arkivstruktur/dokumentobjekt/{ID}/fil/{ID}/",
    "/molde/api/metadata/dokumenttype/",
    "/molde/api/metadata/dokumenttype/B/",
    "/molde/api/admin/system/",
    "/finnes-ikke/",
]
SENT = (
    "authorization, content-type, if-match, if-none-match, range, content-range, etag, accept,"
    " accept-language, content-disposition, x-upload-content-type, x-upload-content-length"
)


def preflight(method: str, origin: str = ORIGIN, headers: str = SENT) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }


@pytest.mark.krav("TG0-06")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_a_browser_may_ask_before_it_has_a_token(
    http: httpx.Client, service: Service, path: str, method: str
) -> None:
    answer = http.options(service.url + path, headers=preflight(method))

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name.strip() in allowed for name in SENT.split(","))


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "http://spa.example", "https://spa.example.evil", "null"),
        *("https://spa.example:444", "https://sub.spa.example", "HTTPS://SPA.EXAMPLE", "*", "x"),
    ],
)
@pytest.mark.parametrize("path", ADDRESSES)
def test_another_origin_is_not_let_in(
    http: httpx.Client, service: Service, path: str, origin: str
) -> None:
    asked = http.options(service.url + path, headers=preflight("GET", origin))
    got = http.get(service.url + path, headers={"Origin": origin})

    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in got.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/molde/api/", 200),
        ("/kommuner/", 200),
        ("/molde/api/arkivstruktur/", 401),
        ("/finnes-ikke/", 404),
        ("/finnes-ikke/api/", 404),
    ],
)
def test_answers_without_a_token_are_readable_from_the_origin(
    http: httpx.Client, service: Service, path: str, status: int
) -> None:
    answer = http.get(service.url + path, headers={"Origin": ORIGIN})

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "arkivstruktur/mappe/", 200),
        ("GET", "arkivstruktur/mappe/?$top=x", 400),
        ("POST", "arkivstruktur/ny-arkivskaper/", 403),
        ("GET", f"arkivstruktur/mappe/{ID}/", 404),
        ("PUT", "arkivstruktur/mappe/", 405),
        ("GET", "arkivstruktur/mappe/?$apply=x", 501),
    ],
)
def test_answers_of_every_status_are_readable_from_the_origin(
    log_in: LogIn, method: str, path: str, status: int
) -> None:
    client = log_in("leser@molde")

    answer = client.request(
        method,
        client.root + path,
        content=b"{}" if method == "POST" else None,
        headers={"Origin": ORIGIN, "Content-Type": "application/vnd.noark5+json"},
    )

    assert answer.status_code == status, answer.text
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_what_a_client_must_read_is_exposed(log_in: LogIn) -> None:
    answer = log_in("leser@molde").get(log_in("leser@molde").root, headers={"Origin": ORIGIN})

    exposed = answer.headers["access-control-expose-headers"].lower()
    wanted = ("etag", "location", "range", "content-range", "content-disposition")
    assert all(name in exposed for name in wanted)


def test_a_challenge_and_what_is_allowed_can_be_read_from_the_origin(service: Service) -> None:
    with httpx.Client() as http:
        answer = http.get(f"{service.url}/molde/api/admin/", headers={"Origin": ORIGIN})

    exposed = answer.headers["access-control-expose-headers"].lower()
    assert all(name in exposed for name in ("www-authenticate", "allow", "retry-after"))


def test_cookies_are_never_asked_for(http: httpx.Client, service: Service) -> None:
    answer = http.get(f"{service.url}/molde/api/", headers={"Origin": ORIGIN})

    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers


# Finding the login.


@pytest.mark.krav("TG0-03", "TG0-04")
@pytest.mark.parametrize("rel", ["login/oidc/", "login/rfc6749/"])
def test_the_root_leads_to_the_login(
    http: httpx.Client, service: Service, log_in: LogIn, rel: str
) -> None:
    root = http.get(f"{service.url}/molde/api/").json()

    found = http.get(log_in(None).link(root, rel)).json()

    assert found["issuer"] == service.issuer
    assert found["token_endpoint"].startswith(service.issuer)
    assert REL + rel in root["_links"]


@pytest.mark.krav("TG0-03")
@pytest.mark.parametrize("tail", ["", "/"])
@pytest.mark.parametrize("kommune", ["molde", "rauma"])
def test_the_login_document_is_relative_to_the_root(
    http: httpx.Client, service: Service, kommune: str, tail: str
) -> None:
    answer = http.get(f"{service.url}/{kommune}/api/.well-known/openid-configuration{tail}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["issuer"] == service.issuer


def test_the_list_of_kommuner_leads_to_their_roots(http: httpx.Client, service: Service) -> None:
    found = http.get(f"{service.url}/kommuner/").json()["results"]

    roots = [http.get(one["_links"]["self"]["href"]).status_code for one in found]

    assert {"molde", "vestnes", "rauma", "aukra", "midsund"} <= {one["slug"] for one in found}
    assert set(roots) == {200}


# Logging in.


def ask_for_token(http: httpx.Client, service: Service, **form: str) -> httpx.Response:
    return http.post(f"{service.issuer}/token", data=form)


def with_token(http: httpx.Client, service: Service, token: str, path: str) -> httpx.Response:
    return http.get(service.url + path, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    "form",
    [
        {
            "grant_type": "password",
            "client_id": "spa",
            "username": "saksbehandler@molde",
            "password": "demo",
        },
        {
            "grant_type": "client_credentials",
            "client_id": "fagsystem-molde",
            "client_secret": "demo",
        },
    ],
    ids=lambda form: form["grant_type"],
)
def test_a_token_opens_the_kommune_it_is_for_and_no_other(
    http: httpx.Client, service: Service, form: dict[str, str]
) -> None:
    login = ask_for_token(http, service, **form).json()

    answers = [
        with_token(http, service, login["access_token"], f"/{kommune}/api/sakarkiv/saksmappe/")
        for kommune in ("molde", "rauma")
    ]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert login["expires_in"] > 0


def test_a_refreshed_token_opens_too(http: httpx.Client, service: Service) -> None:
    login = ask_for_token(
        http,
        service,
        grant_type="password",
        client_id="spa",
        username="leder@vestnes",
        password="demo",
    ).json()

    again = ask_for_token(
        http,
        service,
        grant_type="refresh_token",
        client_id="spa",
        refresh_token=login["refresh_token"],
    ).json()

    answer = with_token(http, service, again["access_token"], "/vestnes/api/arkivstruktur/mappe/")
    assert answer.status_code == 200
    assert again["refresh_expires_in"] > again["expires_in"] > 0


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password", "client_id": "spa", "username": "leser@molde", "password": "x"},
        {"grant_type": "password", "client_id": "x", "username": "leser@molde", "password": "demo"},
        {"grant_type": "client_credentials", "client_id": "fagsystem-molde", "client_secret": "x"},
        {"grant_type": "client_credentials", "client_id": "spa"},
        {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": "x"},
        {"grant_type": "x", "client_id": "spa"},
    ],
)
def test_a_wrong_login_gives_no_token(
    http: httpx.Client, service: Service, form: dict[str, str]
) -> None:
    answer = ask_for_token(http, service, **form)

    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()


def test_a_web_client_logs_in_with_a_code_and_its_proof(
    http: httpx.Client, service: Service
) -> None:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    back, state = "http://127.0.0.1:5173/tilbake", secrets.token_urlsafe(8)
    asked = {
        "response_type": "code",
        "client_id": "spa",
        "redirect_uri": back,
        "scope": "openid profile",
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    discovery = http.get(f"{service.url}/molde/api/.well-known/openid-configuration").json()
    page = http.get(discovery["authorization_endpoint"], params=asked)
    chosen = http.post(
        discovery["authorization_endpoint"], data={**asked, "username": "arkivar@molde"}
    )
    returned = parse_qs(urlsplit(chosen.headers["location"]).query)
    form = {"grant_type": "authorization_code", "client_id": "spa", "redirect_uri": back}

    wrong = ask_for_token(http, service, **form, code=returned["code"][0], code_verifier="x" * 43)
    spent = ask_for_token(http, service, **form, code=returned["code"][0], code_verifier=verifier)
    chosen = http.post(
        discovery["authorization_endpoint"], data={**asked, "username": "arkivar@molde"}
    )
    code = parse_qs(urlsplit(chosen.headers["location"]).query)["code"][0]
    login = ask_for_token(http, service, **form, code=code, code_verifier=verifier).json()

    assert "arkivar@molde" in page.text
    assert returned["state"] == [state]
    assert [wrong.status_code, spent.status_code] == [400, 400]
    answer = with_token(http, service, login["access_token"], "/molde/api/arkivstruktur/klasse/")
    assert answer.status_code == 200


# Who logged in.


def newcomer(kommune: str = "molde") -> User:
    """Somebody who has never been here."""
    return User(
        username=f"ny-{uuid4().hex}",
        name=f"Ny {uuid4().hex[:8]}",
        kommune=kommune,
        role=Role.SAKSBEHANDLER,
        password="demo",
    )


def brukere(service: Service, user: User) -> list[asyncpg.Record]:
    async def find() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(service.settings.database_url)
        try:
            number = await connection.fetchval(
                "select id from kommune where slug = $1", user.kommune
            )
            await connection.execute("select set_config('app.tenant_id', $1, false)", str(number))
            return list(
                await connection.fetch("select * from bruker where subject = $1", user.subject)
            )
        finally:
            await connection.close()

    return asyncio.run(find())


def token_of(service: Service, user: User) -> str:
    return issue_token(user, service.issuer, service.settings.data_dir / "identity")


def test_a_first_login_makes_a_bruker_and_the_next_none(
    http: httpx.Client, service: Service
) -> None:
    user = newcomer()
    before = brukere(service, user)

    answers = [
        with_token(http, service, token_of(service, user), "/molde/api/arkivstruktur/mappe/")
        for _ in range(3)
    ]

    (row,) = brukere(service, user)
    assert before == []
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (row["bruker_navn"], row["issuer"]) == (user.name, service.issuer)


@pytest.mark.parametrize("attempt", range(3))
def test_many_first_requests_at_once_make_one_bruker(service: Service, attempt: int) -> None:
    del attempt
    user = newcomer()
    headers = {"Authorization": f"Bearer {token_of(service, user)}"}

    async def all_at_once() -> list[int]:
        async with httpx.AsyncClient(timeout=30) as http:
            address = f"{service.url}/molde/api/arkivstruktur/mappe/?$top=1"
            answers = await asyncio.gather(*(http.get(address, headers=headers) for _ in range(20)))
        return [answer.status_code for answer in answers]

    statuses = asyncio.run(all_at_once())

    assert set(statuses) == {200}
    assert len(brukere(service, user)) == 1


@pytest.mark.krav("Ny-Bruker-1")
def test_one_with_a_new_name_is_a_new_bruker_and_the_old_one_ends(
    http: httpx.Client, service: Service
) -> None:
    user = newcomer()
    married = User(user.username, f"{user.name}-Hansen", user.kommune, user.role, user.password)
    path = "/molde/api/arkivstruktur/mappe/"

    with_token(http, service, token_of(service, user), path)
    with_token(http, service, token_of(service, married), path)

    rows = {row["bruker_navn"]: row["avsluttet_dato"] for row in brukere(service, user)}
    assert rows[user.name] is not None
    assert rows[married.name] is None


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "", " ", "a" * 4000, "<script>", "\u202e"])
def test_an_odd_name_at_login_is_never_our_fault(
    http: httpx.Client, service: Service, name: str
) -> None:
    user = newcomer()
    odd = User(user.username, name, user.kommune, user.role, user.password)

    answer = with_token(
        http, service, token_of(service, odd), "/molde/api/arkivstruktur/mappe/?$top=1"
    )

    assert answer.status_code in (200, 401), answer.text


def test_a_token_with_an_unknown_role_may_do_nothing(http: httpx.Client, service: Service) -> None:
    user = newcomer()
    token = with_roles(service, user, ["keiser"])

    answers = [
        with_token(http, service, token, f"/molde/api/{path}")
        for path in ("arkivstruktur/mappe/", "admin/bruker/", "metadata/dokumenttype/")
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def with_roles(service: Service, user: User, roles: list[str]) -> str:
    """Sign a token with other roles than we know, by the issuer's own key."""
    signer = Signer(service.issuer, service.settings.data_dir / "identity", time.time)
    claims = {"sub": user.subject, "name": user.name, "kommune": user.kommune, "roles": roles}
    return signer.sign(claims, AUDIENCE, ACCESS_TYPE, 60)


@pytest.mark.parametrize(
    "kommune", [["molde", "rauma"], "1506", "rauma", None, 1506, {"a": "molde"}]
)
def test_a_kommune_claim_opens_what_it_names_only(
    http: httpx.Client, service: Service, kommune: object
) -> None:
    signer = Signer(service.issuer, service.settings.data_dir / "identity", time.time)
    claims = {"sub": str(uuid4()), "name": "N", "kommune": kommune, "roles": ["leser"]}
    token = signer.sign(claims, AUDIENCE, ACCESS_TYPE, 60)

    answer = with_token(http, service, token, "/molde/api/arkivstruktur/mappe/?$top=1")

    names_molde = kommune == "1506" or (isinstance(kommune, list) and "molde" in kommune)
    assert answer.status_code == (200 if names_molde else 404)


# In production.


@pytest.fixture(scope="module")
def served(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """`sakark serve`, on the database of the tests."""
    log = tmp_path_factory.mktemp("serve") / "log"
    with running("serve", environment(service), log) as program:
        yield program


@pytest.mark.parametrize(
    "path",
    [
        *("/identity", "/identity/", "/identity/token", "/identity/authorize", "/identity/jwks"),
        "/identity/.well-known/openid-configuration",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_development_identity_is_not_served(
    http: httpx.Client, served: Program, method: str, path: str
) -> None:
    answer = http.request(method, served.url + path)

    assert answer.status_code == 404


def test_the_served_api_takes_tokens_of_the_issuer_in_the_registry(
    http: httpx.Client, service: Service, served: Program
) -> None:
    headers = {"Authorization": f"Bearer {service.token('leser@molde')}"}

    answer = http.get(f"{served.url}/molde/api/arkivstruktur/mappe/?$top=1", headers=headers)

    assert answer.status_code == 200


def test_serving_never_loads_what_is_for_development(service: Service) -> None:
    program = (
        "import json, sys\n"
        "from sakark_api import cli\n"
        "from sakark_api.serving import application\n"
        "paths = [getattr(one, 'path', '') for one in application().router.routes]\n"
        "print(json.dumps([sorted(sys.modules), paths]))\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(service),
        capture_output=True,
        check=False,
        text=True,
    )

    modules, paths = json.loads(said.stdout.splitlines()[0])
    assert "sakark_api.app" in modules
    assert not [name for name in modules if name.startswith("sakark_api.dev")]
    assert "sakark_api.db.embedded" not in modules
    assert not [path for path in paths if "identity" in path]


def test_serving_without_a_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    said = subprocess.run(
        [str(Path(sys.executable).with_name("sakark")), "serve"],
        env={"PATH": "/usr/bin", "SAKARK_DATA_DIR": str(tmp_path)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert said.returncode == 1
    assert "SAKARK_DATABASE_URL" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_settings_have_no_way_to_switch_the_development_identity_on() -> None:
    names = set(Settings.model_fields)

    assert not [name for name in names if "dev" in name or "identity" in name]
