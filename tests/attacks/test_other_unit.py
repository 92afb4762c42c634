"""API1:2023 inside one kommune: the cases of an administrative unit that is not the caller's.

A leder of one unit, who reads the log and writes what is his, asks for a case of another unit by
every way there is, and is answered as if it were not there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api.test_access import CATEGORIES, EVERYTHING, KOMMUNE, PDF, case, grant, person_in
from tests.api.test_access import without_rights as without
from tests.conftest import NOARK, PATCH, REL, Client, Service, World, examined_as_mail

from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.loggingogsporing.endringslogg import endringslogg
from sakark_api.rest.reaching import Reaching

ROLE = "leder"


@dataclass
class Scene:
    """Whose eyes it is seen with, and a case of each unit with what is in it."""

    admin: Client
    leder: Client
    mine: Mapping[str, Any]
    theirs: Mapping[str, Any]

    def mention(self, answer: httpx.Response) -> list[str]:
        """List what an answer tells of the other unit's case."""
        secrets = [
            one[name]
            for one in self.theirs.values()
            for name in ("systemID", "mappeID", "registreringsID", "tittel", "navn")
            if name in one and one is not self.theirs["arkivdel"]
        ]
        return [one for one in secrets if one in answer.text]


def new_enhet(admin: Client, navn: str) -> Any:
    body = {"administrativEnhetNavn": f"{navn} {uuid4()}", "administrativEnhetsstatus": "Aktiv"}
    return admin.make(admin.follow("admin/"), "admin/ny-administrativenhet/", body)


def case_of(world: World, word: str, enhet: Any) -> dict[str, Any]:
    made = case(world, f"{word}{uuid4().hex}")
    client, sak = world.client, made["saksmappe"]
    given = {"referanseAdministrativEnhet": enhet["systemID"], "saksansvarlig": "Ingen"}
    changed = client.patch(
        client.link(sak, "self"),
        {**given, "referanseSaksansvarlig": None},
        headers={"If-Match": client.etag(sak)},
    )
    assert changed.status_code == 200, changed.text
    file = examined_as_mail(client, made["dokumentobjekt"])
    return {**made, "saksmappe": changed.json(), "dokumentobjekt": file}


@pytest.fixture(scope="module")
def scene(http: httpx.Client, service: Service) -> Iterator[Scene]:
    admin, leder = (
        Client(http, service, f"{rolle}@{KOMMUNE}", KOMMUNE) for rolle in ("administrator", ROLE)
    )
    world = World(admin)
    ours, others = new_enhet(admin, "Helse"), new_enhet(admin, "Skole")
    me = person_in(admin, leder, ROLE)
    tie = f"{admin.link(ours, 'self')}bruker/$ref/"
    joined = admin.request("POST", tie, params={"$id": admin.link(me, "self")})
    assert joined.status_code == 204, joined.text
    with without(admin, ROLE):
        for kategori in CATEGORIES:
            near = kategori not in "AK"
            grant(admin, rolle=ROLE, kategori=kategori, egenEnhet=near, **EVERYTHING)
        mine = case_of(world, "egen", ours)
        letter = admin.make(mine["saksmappe"], "sakarkiv/ny-journalpost/", {"tittel": "Brevet"})
        yield Scene(admin, leder, {**mine, "letter": letter}, case_of(world, "annen", others))
    admin.request("DELETE", tie, params={"$id": admin.link(me, "self")})


def test_own_case_is_seen_and_the_other_is_there(scene: Scene) -> None:
    seen = {
        name: [
            client.get(client.link(unit[name], "self")).status_code
            for client, unit in ((scene.leder, scene.mine), (scene.admin, scene.theirs))
        ]
        for name in scene.theirs
    }

    assert seen == {name: [200, 200] for name in scene.theirs}


@dataclass(frozen=True)
class Call:
    """A request to what is named: `{name}` in address, body and headers is its systemID."""

    method: str
    path: str
    body: Any = None
    kind: str = NOARK
    headers: Mapping[str, str] | None = None
    params: Mapping[str, str] | None = None


CASE, POST, PAPER, FILE = (
    "sakarkiv/saksmappe/{saksmappe}/",
    "sakarkiv/journalpost/{journalpost}/",
    "arkivstruktur/dokumentbeskrivelse/{dokumentbeskrivelse}/",
    "arkivstruktur/dokumentobjekt/{dokumentobjekt}/",
)
UNITS = (
    CASE,
    POST,
    PAPER,
    FILE,
    "arkivstruktur/mappe/{saksmappe}/",
    "arkivstruktur/partperson/{partperson}/",
    "arkivstruktur/merknad/{merknad}/",
)
TITLED = {"tittel": "Overtatt"}
BY_ADDRESS = [
    *(Call("GET", unit) for unit in UNITS),
    *(Call("GET", unit, headers={"If-None-Match": "{etag}"}) for unit in UNITS[:4]),
    Call("GET", CASE, headers={"If-None-Match": "*"}),
    Call("GET", CASE, params={"$expand": "merknad,part"}),
    Call("GET", CASE, params={"$select": "tittel"}),
    *(Call("GET", f"{one}tilgang/") for one in (CASE, POST, PAPER)),
    *(Call("GET", f"{one}endringslogg/") for one in (CASE, POST, PAPER, FILE)),
    *(Call("GET", f"{CASE}{one}/") for one in ("registrering", "part", "merknad")),
    Call("GET", f"{CASE}arkivdel/"),
    Call("GET", f"{POST}mappe/"),
    Call("GET", f"{CASE}registrering/", params={"$top": "0"}),
    Call("GET", f"{CASE}registrering/", params={"$filter": "opprettetDato gt 2020-01-01"}),
    Call("GET", f"{CASE}ny-journalpost/"),
    Call("GET", f"{FILE}fil/"),
    Call("GET", f"{FILE}forhaandsvisning/"),
    Call("GET", f"{FILE}epost/"),
    Call("GET", f"{FILE}fil/", headers={"Range": "bytes=0-1"}),
    Call("POST", f"{FILE}fil/", "abc", "text/plain"),
    Call("POST", f"{PAPER}fil/", "abc", "text/plain"),
    Call("POST", f"{CASE}ny-journalpost/", TITLED),
    Call("POST", f"{CASE}ny-partperson/", {"navn": "Ola"}),
    Call("POST", f"{POST}ny-dokumentbeskrivelse/", TITLED),
    Call("POST", f"{POST}ny-merknad/", {"merknadstekst": "Sett"}),
    Call("POST", f"{CASE}ny-kryssreferanse/$ref", params={"$id": "{base}" + CASE}),
    Call("PATCH", CASE, TITLED, PATCH, {"If-Match": "{etag}"}),
    Call("PATCH", CASE, TITLED, PATCH, {"If-Match": "*"}),
    Call("PUT", CASE, TITLED, headers={"If-Match": "*"}),
    Call("DELETE", CASE),
    Call("DELETE", POST, headers={"If-Match": "{etag}"}),
    Call("PUT", f"{CASE}utvid-til-moetemappe/", {}),
]
"""What names the other case in its address."""


def ids(unit: Mapping[str, Any]) -> dict[str, str]:
    return {name: one["systemID"] for name, one in unit.items()}


def absent(unit: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(uuid4()) for name in unit}


def send(scene: Scene, call: Call, named: Mapping[str, str], etag: str) -> httpx.Response:
    """Send a call as the leder, with these systemIDs."""

    def filled(written: str) -> str:
        found = written.replace("{etag}", etag).replace("{base}", scene.leder.root)
        for name, system_id in (*named.items(), *((f"my {k}", v) for k, v in mine.items())):
            found = found.replace(f"{{{name}}}", system_id)
        return found

    def whole(body: Any) -> Any:
        if isinstance(body, dict):
            return {filled(name): whole(value) for name, value in body.items()}
        return filled(body) if isinstance(body, str) else body

    mine = ids(scene.mine)
    headers = {name: filled(value) for name, value in (call.headers or {}).items()}
    params = {name: filled(value) for name, value in (call.params or {}).items()}
    sent: dict[str, Any] = {}
    if call.body is not None:
        headers["Content-Type"] = call.kind
        body = whole(call.body)
        sent = {"content": body} if isinstance(body, str) else {"json": body}
    return scene.leder.request(
        call.method, scene.leder.root + filled(call.path), headers=headers, params=params, **sent
    )


def etag_of(scene: Scene, call: Call) -> str:
    """Give the ETag of the unit in the address, as the administrator knows it."""
    for name, unit in scene.theirs.items():
        if f"{{{name}}}" in call.path:
            return scene.admin.etag(unit)
    return "*"


def called(call: Call) -> str:
    return " ".join([call.method, call.path, *(call.headers or {}), *(call.params or {})])


@pytest.mark.parametrize("call", BY_ADDRESS, ids=called)
def test_what_is_addressed_is_not_there(scene: Scene, call: Call) -> None:
    etag = etag_of(scene, call)

    hidden = send(scene, call, ids(scene.theirs), etag)
    missing = send(scene, call, absent(scene.theirs), etag)

    assert (hidden.status_code, hidden.text) == (404, missing.text)
    assert missing.status_code == 404
    assert etag_of(scene, call) == etag


MY_CASE, MY_POST = "sakarkiv/saksmappe/{my saksmappe}/", "sakarkiv/journalpost/{my journalpost}/"
MY_LETTER = "sakarkiv/journalpost/{my letter}/"
ANY = {"If-Match": "*"}


def moved(rel: str, target: str) -> Any:
    return {"_links": {f"{REL}{rel}/": {"href": "{base}" + target}}}


BY_NAME = [
    Call("PUT", f"{MY_POST}mappe/$ref", "{base}" + CASE, "text/plain"),
    Call("PUT", f"{MY_CASE}overmappe/$ref", "{base}" + CASE, "text/plain"),
    Call("PATCH", MY_POST, moved("arkivstruktur/mappe", CASE), PATCH, ANY),
    Call("PATCH", MY_CASE, moved("arkivstruktur/overmappe", CASE), PATCH, ANY),
    Call("PATCH", MY_CASE, {"referanseForelderMappe": "{saksmappe}"}, PATCH, ANY),
    Call("POST", f"{MY_CASE}journalpost/$ref", params={"$id": "{base}" + POST}),
    Call("POST", f"{MY_CASE}undermappe/$ref", params={"$id": "{base}" + CASE}),
    Call("POST", f"{MY_POST}dokumentbeskrivelse/$ref", params={"$id": "{base}" + PAPER}),
    Call("DELETE", f"{MY_POST}dokumentbeskrivelse/$ref", params={"$id": "{base}" + PAPER}),
    Call("POST", f"{MY_CASE}ny-kryssreferanse/$ref", params={"$id": "{base}" + CASE}),
    Call("POST", f"{MY_POST}ny-kryssreferanse/$ref", params={"$id": "{base}" + POST}),
    Call(
        "POST", f"{MY_LETTER}ny-avskrivning/", {"referanseAvskrivesAvJournalpost": "{journalpost}"}
    ),
]
"""What is done with the caller's own, and names the other case."""


@pytest.mark.parametrize("call", BY_NAME, ids=called)
def test_what_is_named_is_not_there(scene: Scene, call: Call) -> None:
    named = absent(scene.theirs)

    hidden = send(scene, call, ids(scene.theirs), "*")
    missing = send(scene, call, named, "*")

    assert (hidden.status_code, hidden.text) == (missing.status_code, missing.text)
    assert hidden.status_code in (400, 404)


LISTS = [
    "sakarkiv/saksmappe/",
    "sakarkiv/journalpost/",
    "arkivstruktur/mappe/",
    "arkivstruktur/registrering/",
    "arkivstruktur/dokumentbeskrivelse/",
    "arkivstruktur/dokumentobjekt/",
    "loggingogsporing/endringslogg/",
    "loggingogsporing/hendelseslogg/",
    "arkivstruktur/arkivdel/{arkivdel}/mappe/",
    "arkivstruktur/arkivdel/{arkivdel}/registrering/",
]
QUERIES = [
    {},
    {"$top": "1000"},
    {"$top": "0"},
    {"$orderby": "systemID desc", "$top": "1000"},
    {"$filter": "systemID eq '{id}'"},
    {"$filter": "tittel eq '{tittel}'"},
    {"$filter": "startswith(tittel, 'annen')", "$orderby": "tittel"},
    {"$filter": "mappe/tittel eq '{tittel}'"},
    {"$filter": "referanseArkivenhet eq '{id}'"},
    {"$search": "{ord}"},
    {"$expand": "mappe,registrering,merknad,part", "$top": "1000"},
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda one: " ".join(one) or "plain")
@pytest.mark.parametrize("path", LISTS)
def test_what_is_asked_for_is_not_found_or_counted(
    scene: Scene, path: str, query: dict[str, str]
) -> None:
    sak = scene.theirs["saksmappe"]
    address = scene.leder.root + path.format(arkivdel=scene.theirs["arkivdel"]["systemID"])

    def ask(system_id: str, tittel: str) -> httpx.Response:
        put = {"id": system_id, "tittel": tittel, "ord": tittel.split(maxsplit=1)[0]}
        return scene.leder.get(address, params={k: v.format(**put) for k, v in query.items()})

    hidden, missing = ask(sak["systemID"], sak["tittel"]), ask(str(uuid4()), f"{uuid4().hex} sak")
    results = hidden.json().get("results", [])

    assert hidden.status_code == missing.status_code
    assert hidden.json().get("count") == missing.json().get("count")
    assert scene.mention(httpx.Response(200, json=results)) == []


def test_files_and_lists_of_what_is_ones_own_are_there(scene: Scene) -> None:
    """What is refused above is refused for whose it is, and not for how it is asked."""
    own = ids(scene.mine)
    calls = [one for one in BY_ADDRESS if one.method == "GET"]

    answers = {called(one): send(scene, one, own, "*").status_code for one in calls}

    assert {name for name, code in answers.items() if code not in (200, 206, 304)} == set()
    assert send(scene, Call("GET", f"{FILE}fil/"), own, "*").content == PDF


def test_the_log_is_trimmed_by_all_that_rights_decide_about() -> None:
    reaching = Reaching(CATALOG, whole=False)
    decided = {one.name for one in CATALOG.roots if reaching.limits(one)}

    assert decided - {endringslogg.name} == {
        tie.resource.name
        for tie in endringslogg.parents
        if tie.resource and reaching.limits(tie.resource.root)
    }


def test_lines_of_parts_and_of_what_is_deleted_are_not_the_other_units(scene: Scene) -> None:
    admin, post = scene.admin, scene.theirs["journalpost"]
    word = f"slettet{uuid4().hex}"
    part = admin.make(scene.theirs["saksmappe"], "arkivstruktur/ny-partperson/", {"navn": word})
    gone = admin.make(post, "arkivstruktur/ny-dokumentbeskrivelse/", {"tittel": word})
    for one in (part, gone):
        assert admin.delete(admin.link(one, "self")).status_code == 204

    found = {
        client.user: client.get(
            f"{client.root}loggingogsporing/hendelseslogg/",
            params={"$filter": f"tidligereVerdi eq '{word}'"},
        ).json()["count"]
        for client in (admin, scene.leder)
    }

    assert found == {admin.user: 2, scene.leder.user: 0}
