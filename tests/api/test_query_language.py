"""The query language at the extended level, as a client of the standard uses it (GUIDE 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import Client

SKJERMING = {
    "tilgangsrestriksjon": {"kode": "5"},
    "skjermingshjemmel": "Offl. § 5",
    "skjermingMetadata": [{"kode": "TM1"}, {"kode": "NPS"}],
}
FOEDSELSNUMMER, ORGANISASJONSNUMMER = "01817000173", "974760673"


@dataclass(frozen=True)
class Archive:
    """Three cases of the test's own, told from all others by `mark`.

    Garasje: a person and an organisation as parties, screened, with a letter from Kari.
    Naust: a person as party, no words of its own, in another class. Bare: a mappe with nothing.
    """

    client: Client
    mark: str
    system: Any
    klasse: Any
    garasje: Any
    naust: Any
    bare: Any
    brev: Any

    def titles(self, where: str, kind: str = "arkivstruktur/mappe/", **query: object) -> list[str]:
        """Give the titles of what is found among the archive's own, in order."""
        answer = self.ask(where, kind, **query)
        assert answer.status_code == 200, answer.text
        return [unit["tittel"] for unit in answer.json().get("results", [])]

    def ask(self, where: str, kind: str = "arkivstruktur/mappe/", **query: object) -> Any:
        mine = f"beskrivelse eq '{self.mark}'"
        asked = {"$filter": f"{mine} and ({where})" if where else mine, "$orderby": "tittel"}
        asked |= {f"${name}": str(value) for name, value in query.items()}
        return self.client.get(f"{self.client.root}{kind}", params=asked)


@pytest.fixture(scope="module")
def archive(request: pytest.FixtureRequest) -> Archive:
    service, http = request.getfixturevalue("service"), request.getfixturevalue("http")
    client = Client(http, service, "administrator@molde", "molde")
    mark = str(uuid4())
    skaper = client.make(
        client.follow("arkivstruktur/"),
        "arkivstruktur/ny-arkivskaper/",
        {"arkivskaperID": mark, "arkivskaperNavn": "Kommunen"},
    )
    arkiv = client.make(skaper, "arkivstruktur/ny-arkiv/", {"tittel": "Arkivet"})
    del_ = client.make(arkiv, "arkivstruktur/ny-arkivdel/", {"tittel": "Byggesak"})
    system = client.make(
        del_,
        "arkivstruktur/ny-klassifikasjonssystem/",
        {"tittel": "Eiendommer", "klassifikasjonstype": {"kode": "GBN"}},
    )
    klasse = client.make(
        system, "arkivstruktur/ny-klasse/", {"klasseID": "12/2", "tittel": "Fjordvegen"}
    )
    other = client.make(
        system, "arkivstruktur/ny-klasse/", {"klasseID": "7/1", "tittel": "Sjøgata"}
    )
    garasje = client.make(
        klasse,
        "sakarkiv/ny-saksmappe/",
        {
            "tittel": "Garasje",
            "beskrivelse": mark,
            "noekkelord": ["bygg", "nabo"],
            "skjerming": SKJERMING,
            "partperson": [
                {
                    "navn": "Kari Nordmann",
                    "personidentifikator": [{"foedselsnummer": FOEDSELSNUMMER}],
                }
            ],
            "partenhet": [
                {
                    "navn": "Fjord Bygg AS",
                    "enhetsidentifikator": {"organisasjonsnummer": ORGANISASJONSNUMMER},
                }
            ],
            "merknad": [
                {"merknadstekst": "Ring byggherren", "merknadstype": {"kode": "MS"}},
                {"merknadstekst": "Følges opp"},
            ],
        },
    )
    naust = client.make(
        other,
        "sakarkiv/ny-saksmappe/",
        {"tittel": "Naust", "beskrivelse": mark, "partperson": [{"navn": "Ola Nordmann"}]},
    )
    bare = client.make(del_, "arkivstruktur/ny-mappe/", {"tittel": "Bare", "beskrivelse": mark})
    brev = client.make(
        garasje,
        "sakarkiv/ny-journalpost/",
        {
            "tittel": "Søknad om garasje",
            "beskrivelse": mark,
            "korrespondansepartperson": [
                {"navn": "Kari Nordmann", "korrespondanseparttype": {"kode": "EA"}}
            ],
        },
    )
    client.make(
        brev,
        "arkivstruktur/ny-dokumentbeskrivelse/",
        {"tittel": "Tegninger", "beskrivelse": mark},
    )
    return Archive(client, mark, system, klasse, garasje, naust, bare, brev)


@pytest.mark.krav("TG0-15")
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("klasse/klasseID eq '12/2'", ["Garasje"]),
        (
            "klasse/klasseID eq '12/2' and"
            + " klasse/klassifikasjonssystem/klassifikasjonstype/kode eq 'GBN'",
            ["Garasje"],
        ),
        ("klasse/klasseID ne '12/2'", ["Bare", "Naust"]),
        ("not (klasse/klasseID eq '12/2')", ["Bare", "Naust"]),
        ("klasse/klasseID eq '12/2' or tittel eq 'Bare'", ["Bare", "Garasje"]),
        ("klasse eq null", ["Bare"]),
        ("klasse ne null and overmappe eq null", ["Garasje", "Naust"]),
        ("klasse/klasseID eq null", ["Bare"]),
        ("startswith(tolower(klasse/tittel),'fjord')", ["Garasje"]),
        (
            "klasse/klassifikasjonssystem/arkivdel/any(a: a/tittel eq 'Byggesak')",
            ["Garasje", "Naust"],
        ),
        ("arkivdel/tittel eq 'Byggesak'", ["Bare"]),
        ("overmappe/overmappe/overmappe/overmappe/tittel eq 'x'", []),
    ],
)
def test_paths_lead_through_parents(archive: Archive, where: str, found: Sequence[str]) -> None:
    assert archive.titles(where) == found


@pytest.mark.krav("TG0-15")
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("part/any(p: p/navn eq 'Kari Nordmann')", ["Garasje"]),
        ("part/any()", ["Garasje", "Naust"]),
        ("not part/any()", ["Bare"]),
        ("part/all(p: contains(p/navn,'Nordmann'))", ["Bare", "Naust"]),
        ("part/all(p: p/navn ne null)", ["Bare", "Garasje", "Naust"]),
        ("part/any(p: not (p/navn eq 'Kari Nordmann'))", ["Garasje", "Naust"]),
        ("merknad/any(m: m/merknadstype/kode eq 'MS')", ["Garasje"]),
        ("merknad/any(m: m/merknadstype eq null)", ["Garasje"]),
        ("merknad/all(m: m/merknadstype/kode eq 'MS')", ["Bare", "Naust"]),
        ("part/any(p: p/navn eq 'Ola Nordmann' or tittel eq 'Garasje')", ["Garasje", "Naust"]),
        ("noekkelord/any(n: n eq 'nabo')", ["Garasje"]),
        ("noekkelord/any(n: n in ('nabo','sjø'))", ["Garasje"]),
        ("noekkelord/all(n: startswith(n,'b'))", ["Bare", "Naust"]),
        ("noekkelord/any()", ["Garasje"]),
        ("skjerming/skjermingMetadata/any(m: m/kode eq 'TM1')", ["Garasje"]),
        ("skjerming/skjermingMetadata/all(m: m/kode eq 'TM1')", ["Bare", "Naust"]),
        ("skjerming ne null", ["Garasje"]),
        ("registrering/any(r: r/korrespondansepart/any(k: k/navn eq part))", None),
        (
            "registrering/any(r: r/korrespondansepart/any(k: k/navn eq 'Kari Nordmann'"
            + " and r/tittel eq 'Søknad om garasje' and tittel eq 'Garasje'))",
            ["Garasje"],
        ),
        (
            "part/any(p: registrering/any(r: r/korrespondansepart/any(k: k/navn eq p/navn)))",
            ["Garasje"],
        ),
        ("registrering/any(r: r/dokumentbeskrivelse/any(d: d/tittel eq 'Tegninger'))", ["Garasje"]),
        ("klasse/mappe/any(m: m/tittel eq 'Naust')", ["Naust"]),
        ("part/any(p: p/mappe/tittel eq 'x')", None),
    ],
)
def test_lambdas_go_through_lists(
    archive: Archive, where: str, found: Sequence[str] | None
) -> None:
    if found is None:
        assert archive.ask(where).status_code == 400
        return
    assert archive.titles(where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("part/any(s: s/Default.PartPersonType/foedselsnummer eq '01817000173')", ["Garasje"]),
        ("part/any(s: s/Default.partperson/navn eq 'Ola Nordmann')", ["Naust"]),
        ("part/any(s: s/Default.PartEnhet/navn ne null)", ["Garasje"]),
        ("part/Default.PartEnhet/any()", ["Garasje"]),
        ("part/Default.PartEnhetType/all(e: e/navn eq 'x')", ["Bare", "Naust"]),
        ("part/any(e: e/organisasjonsnummer eq '974760673')", ["Garasje"]),
        (
            "part/any(p: p/personidentifikator/any(i: i/foedselsnummer eq '01817000173'))",
            ["Garasje"],
        ),
        ("Default.Saksmappe/saksaar gt 2000", ["Garasje", "Naust"]),
        ("Default.SaksmappeType/tittel ne 'Naust'", ["Garasje"]),
        ("Default.Saksmappe/part/any()", ["Garasje", "Naust"]),
        ("Default.Mappe/tittel eq 'Bare'", ["Bare"]),
        ("saksaar gt 2000", ["Garasje", "Naust"]),
        ("klasse/Default.Klasse/klasseID eq '7/1'", ["Naust"]),
    ],
)
def test_casts_narrow_to_a_kind(archive: Archive, where: str, found: Sequence[str]) -> None:
    assert archive.titles(where) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("klasse/klasseID", ["Bare", "Garasje", "Naust"]),
        ("klasse/klasseID desc", ["Naust", "Garasje", "Bare"]),
        ("klasse/klassifikasjonssystem/tittel desc,klasse/tittel", ["Garasje", "Naust", "Bare"]),
        ("Default.Saksmappe/sakssekvensnummer desc", ["Naust", "Garasje", "Bare"]),
    ],
)
def test_lists_are_ordered_by_what_parents_hold(
    archive: Archive, order: str, found: Sequence[str]
) -> None:
    assert archive.titles("", orderby=order) == found
