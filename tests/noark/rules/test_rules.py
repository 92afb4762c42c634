"""The rules, each on objects alone: no database, no request."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from sakark_api.errors import Conflict, Invalid
from sakark_api.noark.arkivstruktur.arkiv import Arkiv, close_by_status
from sakark_api.noark.arkivstruktur.arkivdel import Arkivdel, give_period
from sakark_api.noark.arkivstruktur.dokumentobjekt import (
    Dokumentobjekt,
    refuse_odd_mime_type,
    refuse_other_checksum,
    refuse_second_file,
    tie_file,
)
from sakark_api.noark.arkivstruktur.klasse import Klasse, give_system
from sakark_api.noark.arkivstruktur.korrespondansepart import (
    KorrespondansepartIntern,
    KorrespondansepartPerson,
    give_role,
    give_unit,
)
from sakark_api.noark.arkivstruktur.mappe import Mappe
from sakark_api.noark.arkivstruktur.merknad import Merknad, give_author
from sakark_api.noark.arkivstruktur.registrering import Registrering, give_arkivdel
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import JOURNALSTATUS, KODELISTER
from sakark_api.noark.metadata.kodeverk import Kodeverdi, Kodeverk
from sakark_api.noark.model import TenantRow
from sakark_api.noark.resource import Actor, Change, StoredFile
from sakark_api.noark.rules.arv import give_inherited
from sakark_api.noark.rules.avslutning import give_closer
from sakark_api.noark.rules.frysing import refuse_frozen
from sakark_api.noark.rules.koder import give_code_names
from sakark_api.noark.rules.opphav import give_last_change, give_origin
from sakark_api.noark.rules.skjerming import inherit_skjerming
from sakark_api.noark.rules.vern import complete_values, give_disposal_date
from sakark_api.noark.sakarkiv.journalpost import (
    Journalpost,
    give_archiving,
    give_memory,
    give_status,
    refuse_deletion,
)
from sakark_api.noark.sakarkiv.saksmappe import Saksmappe, give_responsible
from sakark_api.noark.values import Kode
from sakark_api.noark.verdier import (
    ElektroniskSignatur,
    Gradering,
    Kassasjon,
    Skjerming,
    Sletting,
    UtfoertKassasjon,
)

NOW = datetime(2026, 2, 28, 12, tzinfo=UTC)
ENHET = uuid4()
ACTOR = Actor(uuid4(), "Kari Nordmann", "Arkivet", ENHET)


def lists(**expired: datetime) -> Kodeverk:
    """Give the code lists of the standard; the kode named for a list has expired."""
    return Kodeverk(
        {
            name: {
                kode: Kodeverdi(kode, navn, expired.get(f"{name}_{kode}"))
                for kode, navn in codelist.values
            }
            for name, codelist in KODELISTER.items()
        }
    )


CHANGE = Change(session=Session(), actor=ACTOR, now=NOW, kodeverk=lists())


def known(unit: TenantRow, **values: Any) -> None:
    """Let a unit have values that are in the database already."""
    for name, value in values.items():
        set_committed_value(unit, name, value)


def wires(unit: TenantRow, *names: str) -> list[Any]:
    attributes = CATALOG.by_name[type(unit).__name__.lower()].attributes
    return [one for one in attributes if one.wire in names]


@pytest.mark.krav("Ny-Mappe-1")
def test_origin_is_the_caller_and_now() -> None:
    unit = Mappe()

    give_origin(CHANGE, unit)

    assert (unit.opprettet_dato, unit.opprettet_av) == (NOW, "Kari Nordmann")
    assert unit.referanse_opprettet_av == ACTOR.system_id
    assert unit.endret_dato is None


def test_last_change_is_the_caller_and_now() -> None:
    unit = Mappe()

    give_last_change(CHANGE, unit)

    assert (unit.endret_dato, unit.endret_av) == (NOW, "Kari Nordmann")
    assert unit.referanse_endret_av == ACTOR.system_id


def test_what_is_no_archive_unit_has_no_last_change() -> None:
    unit = Merknad()

    give_last_change(CHANGE, unit)
    give_origin(CHANGE, unit)

    assert not hasattr(unit, "endret_dato")


def test_remark_remembers_its_author() -> None:
    unit = Merknad()

    give_author(CHANGE, unit)

    assert (unit.merknadsdato, unit.merknad_registrert_av) == (NOW, "Kari Nordmann")


def test_what_is_not_given_comes_from_the_parent() -> None:
    medium = Kode(kode="F", kodenavn="Fysisk medium")
    change = replace(CHANGE, parent=Arkivdel(dokumentmedium=medium, oppbevaringssted=["Kjeller"]))
    unit = Mappe(oppbevaringssted=["Loft"])

    give_inherited(change, unit, ("dokumentmedium", "oppbevaringssted"))

    assert unit.dokumentmedium == medium
    assert unit.oppbevaringssted == ["Loft"]


def test_klasse_below_another_is_of_the_same_system() -> None:
    system = uuid4()
    unit = Klasse()

    give_system(replace(CHANGE, parent=Klasse(klassifikasjonssystem_ref=system)), unit)

    assert unit.klassifikasjonssystem_ref == system


@pytest.mark.parametrize("chosen", [None, uuid4()])
def test_registrering_is_of_the_arkivdel_of_its_mappe(chosen: UUID | None) -> None:
    arkivdel = uuid4()
    unit = Registrering(referanse_arkivdel=chosen)

    give_arkivdel(replace(CHANGE, parent=Mappe(effektiv_arkivdel=arkivdel)), unit)

    assert unit.referanse_arkivdel == (chosen or arkivdel)


@pytest.mark.krav("Ny-Arkiv-1")
def test_closing_by_status_gives_date_and_person() -> None:
    unit = Arkiv(arkivstatus=Kode(kode="A"))

    close_by_status(CHANGE, unit)

    assert (unit.avsluttet_dato, unit.avsluttet_av) == (NOW, "Kari Nordmann")
    assert unit.referanse_avsluttet_av == ACTOR.system_id


def test_open_unit_has_no_closing() -> None:
    unit = Arkiv(arkivstatus=Kode(kode="O"))

    close_by_status(CHANGE, unit)

    assert (unit.avsluttet_dato, unit.avsluttet_av) == (None, None)


def test_closing_is_remembered_once() -> None:
    yesterday = NOW - timedelta(days=1)
    unit = Arkiv(arkivstatus=Kode(kode="A"), avsluttet_dato=yesterday, avsluttet_av="Ola")

    close_by_status(CHANGE, unit)

    assert (unit.avsluttet_dato, unit.avsluttet_av) == (yesterday, "Ola")


def test_closed_unit_is_not_opened_by_status() -> None:
    unit = Arkiv(arkivstatus=Kode(kode="O"), avsluttet_dato=NOW, avsluttet_av="Ola")

    with pytest.raises(Conflict):
        close_by_status(CHANGE, unit)


@pytest.mark.krav("Ny-Mappe-2")
def test_closing_by_date_remembers_the_person() -> None:
    unit = Mappe(avsluttet_dato=NOW)

    give_closer(CHANGE, unit)

    assert unit.avsluttet_av == "Kari Nordmann"


@pytest.mark.krav("5.2.21", "5.2.22")
def test_period_begins_with_the_arkivdel_and_ends_with_its_closing() -> None:
    unit = Arkivdel(avsluttet_dato=NOW)

    give_period(CHANGE, unit)

    assert (unit.arkivperiode_start_dato, unit.arkivperiode_slutt_dato) == (NOW, NOW)


@pytest.mark.krav("6.1.2", "6.1.13", "M002", "M705", "M707")
@pytest.mark.parametrize(
    ("unit", "wire"),
    [
        (Mappe(avsluttet_dato=NOW), "tittel"),
        (Mappe(avsluttet_dato=NOW), "dokumentmedium"),
        (Saksmappe(avsluttet_dato=NOW), "saksdato"),
        (Saksmappe(avsluttet_dato=NOW), "administrativEnhet"),
        (Saksmappe(avsluttet_dato=NOW), "saksansvarlig"),
        (Registrering(arkivert_dato=NOW), "tittel"),
        (Registrering(arkivert_dato=NOW), "dokumentmedium"),
        (Registrering(arkivert_dato=NOW), "referanseArkivdel"),
        (Journalpost(arkivert_dato=NOW), "journaldato"),
        (Journalpost(arkivert_dato=NOW), "dokumentetsDato"),
        (Klasse(klasse_id="1"), "klasseID"),
        (Dokumentobjekt(sjekksum="a"), "sjekksum"),
        (Dokumentobjekt(filstoerrelse=1), "filstoerrelse"),
        (Mappe(avsluttet_dato=NOW), "avsluttetDato"),
    ],
)
def test_frozen_attributes_are_not_changed(unit: TenantRow, wire: str) -> None:
    changed = wires(unit, wire)

    with pytest.raises(Conflict):
        refuse_frozen(unit, changed)

    assert changed


@pytest.mark.krav("M106", "M309")
@pytest.mark.parametrize(
    ("unit", "wire"),
    [
        (Mappe(), "tittel"),
        (Mappe(), "avsluttetDato"),
        (Mappe(avsluttet_dato=NOW), "beskrivelse"),
        (Saksmappe(avsluttet_dato=NOW), "utlaantDato"),
        (Registrering(), "tittel"),
        (Registrering(arkivert_dato=NOW), "beskrivelse"),
        (Journalpost(arkivert_dato=NOW), "utlaantTil"),
        (Dokumentobjekt(), "sjekksum"),
    ],
)
def test_other_attributes_are_changed(unit: TenantRow, wire: str) -> None:
    changed = wires(unit, wire)

    refuse_frozen(unit, changed)

    assert changed


def test_code_is_given_its_name() -> None:
    unit = Arkiv(arkivstatus=Kode(kode="A"))

    give_code_names(CHANGE, unit)

    assert unit.arkivstatus == Kode(kode="A", kodenavn="Avsluttet")
    assert unit.dokumentmedium == Kode(kode="E", kodenavn="Elektronisk arkiv")


def test_codes_inside_values_are_given_their_names() -> None:
    unit = Mappe(
        skjerming=Skjerming(
            tilgangsrestriksjon=Kode(kode="P"),
            skjerming_metadata=(Kode(kode="NPS"), Kode(kode="TM1")),
        )
    )

    give_code_names(CHANGE, unit)

    assert unit.skjerming is not None
    assert unit.skjerming.tilgangsrestriksjon.kodenavn
    assert all(one.kodenavn for one in unit.skjerming.skjerming_metadata)


@pytest.mark.parametrize(
    "kode", [Kode(kode="Ukjent"), Kode(kode="A", kodenavn="Opprettet"), Kode(kode="a")]
)
def test_unknown_code_or_wrong_name_is_refused(kode: Kode) -> None:
    with pytest.raises(Invalid):
        give_code_names(CHANGE, Arkiv(arkivstatus=kode))


@pytest.mark.parametrize("since", [NOW, NOW - timedelta(days=1)])
def test_expired_code_is_refused_on_what_is_new(since: datetime) -> None:
    change = replace(CHANGE, kodeverk=lists(arkivstatus_A=since))

    with pytest.raises(Invalid):
        give_code_names(change, Arkiv(arkivstatus=Kode(kode="A")))


def test_code_that_expires_later_may_be_used() -> None:
    change = replace(CHANGE, kodeverk=lists(arkivstatus_A=NOW + timedelta(seconds=1)))
    unit = Arkiv(arkivstatus=Kode(kode="A"))

    give_code_names(change, unit)

    assert unit.arkivstatus.kodenavn == "Avsluttet"


def test_expired_code_stays_where_it_was() -> None:
    change = replace(CHANGE, kodeverk=lists(arkivstatus_A=NOW, dokumentmedium_F=NOW))
    unit = Arkiv()
    known(
        unit,
        arkivstatus=Kode(kode="A", kodenavn="Gammelt navn"),
        dokumentmedium=Kode(kode="F", kodenavn="Fysisk"),
    )

    give_code_names(change, unit)

    assert unit.arkivstatus.kodenavn == "Gammelt navn"


def test_change_names_a_code() -> None:
    assert CHANGE.kode(JOURNALSTATUS, "J").kodenavn == "Journalført"


FORGED = {"gradert_av": "Ingen", "graderingsdato": NOW - timedelta(days=900)}


def graded(kode: str, **given: Any) -> Gradering:
    return Gradering(graderingskode=Kode(kode=kode), **given)


def test_grading_is_stamped_whatever_the_client_says() -> None:
    unit = Mappe(gradering=graded("B", **FORGED, nedgradert_av="Ingen"))

    complete_values(CHANGE, unit)

    assert unit.gradering is not None
    assert (unit.gradering.graderingsdato, unit.gradering.gradert_av) == (NOW, "Kari Nordmann")
    assert unit.gradering.referanse_gradert_av == ACTOR.system_id
    assert unit.gradering.nedgradert_av is None


def test_same_grading_keeps_its_stamp() -> None:
    unit = Mappe()
    known(unit, gradering=graded("B", gradert_av="Ola", graderingsdato=NOW - timedelta(days=9)))
    unit.gradering = graded("B", gradert_av="Ingen")

    complete_values(CHANGE, unit)

    assert unit.gradering.gradert_av == "Ola"
    assert unit.gradering.graderingsdato == NOW - timedelta(days=9)


def test_another_grading_is_stamped_anew() -> None:
    unit = Mappe()
    known(unit, gradering=graded("B", gradert_av="Ola", graderingsdato=NOW - timedelta(days=9)))
    unit.gradering = graded("K")

    complete_values(CHANGE, unit)

    assert (unit.gradering.gradert_av, unit.gradering.graderingsdato) == ("Kari Nordmann", NOW)


@pytest.mark.krav("M626", "M627", "C4.5.22")
def test_lower_grading_says_who_lowered_it() -> None:
    unit, before = Mappe(), NOW - timedelta(days=9)
    known(unit, gradering=graded("H", gradert_av="Ola", graderingsdato=before))
    unit.gradering = graded("B")

    complete_values(CHANGE, unit)

    lowered = unit.gradering
    assert (lowered.gradert_av, lowered.graderingsdato) == ("Ola", before)
    assert (lowered.nedgradert_av, lowered.nedgraderingsdato) == ("Kari Nordmann", NOW)
    assert lowered.referanse_nedgradert_av == ACTOR.system_id


@pytest.mark.krav("M626", "M627")
@pytest.mark.parametrize(("kode", "kept"), [("B", True), ("SH", False)])
def test_lowering_is_remembered_until_graded_higher(kode: str, *, kept: bool) -> None:
    unit = Mappe()
    known(unit, gradering=graded("B", nedgradert_av="Ola", nedgraderingsdato=NOW))
    unit.gradering = graded(kode)

    complete_values(CHANGE, unit)

    assert unit.gradering.nedgradert_av == ("Ola" if kept else None)


def screened(**given: Any) -> Skjerming:
    return Skjerming(
        tilgangsrestriksjon=Kode(kode="UO", kodenavn="Unntatt, § 13"),
        skjerming_metadata=(Kode(kode="NPS"),),
        **given,
    )


def test_screening_lapses_after_its_years() -> None:
    unit = Mappe(skjerming=screened(skjermingsvarighet=60), opprettet_dato=NOW)

    complete_values(CHANGE, unit)

    assert unit.skjerming is not None
    assert unit.skjerming.skjerming_opphoerer_dato == NOW.replace(year=2086)
    assert unit.skjerming.skjermingshjemmel == "Unntatt, § 13"


PERSONAL, EXEMPT = (
    Kode(kode="P", kodenavn="Personalsaker"),
    Kode(kode="6", kodenavn="Unntatt etter offentlighetsloven § 6"),
)


def screened_by(kode: Kode, hjemmel: str | None = None) -> Skjerming:
    return Skjerming(
        tilgangsrestriksjon=kode,
        skjerming_metadata=(Kode(kode="NPS"),),
        skjermingshjemmel=hjemmel,
    )


GROUNDS = [
    pytest.param(None, screened_by(EXEMPT), EXEMPT.kodenavn, id="the code names it"),
    pytest.param(None, screened_by(EXEMPT, "Lov"), "Lov", id="given beside such a code"),
    pytest.param(None, screened_by(PERSONAL, "Lov"), "Lov", id="given beside another"),
    pytest.param(None, screened_by(PERSONAL), None, id="nobody names it"),
    pytest.param(
        screened_by(PERSONAL, "Lov"),
        screened_by(EXEMPT, "Lov"),
        "Lov",
        id="given, and another code",
    ),
    pytest.param(
        screened_by(EXEMPT, EXEMPT.kodenavn),
        screened_by(PERSONAL, EXEMPT.kodenavn),
        None,
        id="named by the code before",
    ),
    pytest.param(
        screened_by(PERSONAL, PERSONAL.kodenavn),
        screened_by(EXEMPT, PERSONAL.kodenavn),
        EXEMPT.kodenavn,
        id="named by this code and not the one before",
    ),
]


@pytest.mark.krav("M501")
@pytest.mark.parametrize(("before", "given", "hjemmel"), GROUNDS)
def test_screening_names_its_ground_or_is_refused(
    before: Skjerming | None, given: Skjerming, hjemmel: str | None
) -> None:
    unit = Mappe(opprettet_dato=NOW)
    known(unit, skjerming=before)
    unit.skjerming = given

    refusal: Invalid | None = None
    try:
        complete_values(CHANGE, unit)
    except Invalid as found:
        refusal = found

    assert (refusal is None) is (hjemmel is not None)
    assert unit.skjerming.skjermingshjemmel == (hjemmel or given.skjermingshjemmel)


@pytest.mark.krav("6.6.26")
def test_inherited_screening_lasts_its_years_from_now() -> None:
    lapsed = screened(skjermingsvarighet=10, skjerming_opphoerer_dato=NOW.replace(year=2020))
    unit = Registrering()

    inherit_skjerming(replace(CHANGE, parent=Mappe(skjerming=lapsed)), unit)

    assert unit.skjerming is not None
    assert unit.skjerming.skjerming_opphoerer_dato == NOW.replace(year=2036)


def test_screening_of_a_leap_day_lapses_on_the_day_before() -> None:
    leap = datetime(2024, 2, 29, 12, tzinfo=UTC)
    unit = Mappe(skjerming=screened(skjermingsvarighet=1), opprettet_dato=leap)

    complete_values(CHANGE, unit)

    assert unit.skjerming is not None
    assert unit.skjerming.skjerming_opphoerer_dato == datetime(2025, 2, 28, 12, tzinfo=UTC)


def test_screening_from_a_leap_day_to_another_lapses_on_it() -> None:
    leap = datetime(2024, 2, 29, 12, tzinfo=UTC)
    unit = Mappe(skjerming=screened(skjermingsvarighet=4), opprettet_dato=leap)

    complete_values(CHANGE, unit)

    assert unit.skjerming is not None
    assert unit.skjerming.skjerming_opphoerer_dato == datetime(2028, 2, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize("given", [{}, {"skjerming_opphoerer_dato": NOW}])
def test_screening_without_a_time_never_lapses(given: Mapping[str, Any]) -> None:
    unit = Mappe(skjerming=screened(**given, skjermingshjemmel="Lov"), opprettet_dato=NOW)

    complete_values(CHANGE, unit)

    assert unit.skjerming is not None
    assert unit.skjerming.skjerming_opphoerer_dato is None
    assert unit.skjerming.skjermingshjemmel == "Lov"


def test_very_long_screening_lapses_within_the_calendar() -> None:
    unit = Mappe(skjerming=screened(skjermingsvarighet=9999), opprettet_dato=NOW)

    complete_values(CHANGE, unit)

    assert unit.skjerming is not None
    assert unit.skjerming.skjerming_opphoerer_dato is not None


def disposed(**given: Any) -> Kassasjon:
    return Kassasjon(kassasjonsvedtak=Kode(kode="K"), **given)


def test_disposal_comes_after_closing_and_its_years() -> None:
    unit = Mappe(kassasjon=disposed(bevaringstid=10), avsluttet_dato=NOW)

    give_disposal_date(CHANGE, unit)

    assert unit.kassasjon is not None
    assert unit.kassasjon.kassasjonsdato == NOW.replace(year=2036)


def test_disposal_is_dated_when_the_mappe_closes() -> None:
    unit = Mappe()
    known(unit, kassasjon=disposed(bevaringstid=10))
    unit.avsluttet_dato = NOW

    give_disposal_date(CHANGE, unit)

    assert unit.kassasjon is not None
    assert unit.kassasjon.kassasjonsdato == NOW.replace(year=2036)


@pytest.mark.krav("6.1.15", "M452")
@pytest.mark.parametrize(("years", "expected"), [(10, None), (9, NOW.replace(year=2036))])
def test_reopened_unit_is_dated_by_hand_or_not_at_all(years: int, expected: Any) -> None:
    unit = Mappe()
    date = NOW.replace(year=2036)
    known(unit, avsluttet_dato=NOW)
    unit.kassasjon = disposed(bevaringstid=years, kassasjonsdato=date)
    unit.avsluttet_dato = None

    give_disposal_date(CHANGE, unit)

    assert unit.kassasjon is not None
    assert unit.kassasjon.kassasjonsdato == expected


def test_disposal_has_the_date_that_was_given() -> None:
    unit = Mappe(kassasjon=disposed(bevaringstid=10, kassasjonsdato=NOW), avsluttet_dato=NOW)

    give_disposal_date(CHANGE, unit)

    assert unit.kassasjon is not None
    assert unit.kassasjon.kassasjonsdato == NOW


@pytest.mark.krav("M613", "M614", "M623")
def test_deletion_and_signature_are_the_callers() -> None:
    document = Arkivdel(sletting=Sletting(slettingstype=Kode(kode="SP"), slettet_av="Ingen"))
    entry = Journalpost(
        elektronisk_signatur=ElektroniskSignatur(
            elektronisk_signatur_sikkerhetsnivaa=Kode(kode="SK"),
            elektronisk_signatur_verifisert=Kode(kode="V"),
            verifisert_dato=NOW,
            verifisert_av="Ingen",
        )
    )

    complete_values(CHANGE, document)
    complete_values(CHANGE, entry)

    assert document.sletting is not None
    assert (document.sletting.slettet_dato, document.sletting.slettet_av) == (NOW, "Kari Nordmann")
    assert entry.elektronisk_signatur is not None
    assert entry.elektronisk_signatur.verifisert_av == "Kari Nordmann"


def signed(**given: Any) -> ElektroniskSignatur:
    return ElektroniskSignatur(
        elektronisk_signatur_sikkerhetsnivaa=Kode(kode="SK"),
        elektronisk_signatur_verifisert=Kode(kode="V"),
        **given,
    )


@pytest.mark.krav("M622", "M623")
def test_verification_of_a_signature_is_remembered_once() -> None:
    unit = Journalpost()
    known(unit, elektronisk_signatur=signed(verifisert_dato=NOW, verifisert_av="Ola"))
    unit.elektronisk_signatur = signed(verifisert_dato=NOW - timedelta(days=9))

    complete_values(CHANGE, unit)

    assert unit.elektronisk_signatur.verifisert_dato == NOW
    assert unit.elektronisk_signatur.verifisert_av == "Ola"


@pytest.mark.krav("M613", "M622", "M630")
@pytest.mark.parametrize(
    ("unit", "name", "value"),
    [
        (Arkivdel(), "sletting", Sletting(slettingstype=Kode(kode="SA"), slettet_dato=NOW)),
        (Arkivdel(), "utfoert_kassasjon", UtfoertKassasjon(kassert_dato=NOW)),
        (Journalpost(), "elektronisk_signatur", signed(verifisert_dato=NOW)),
    ],
)
def test_what_was_deleted_disposed_of_or_signed_stays_so(
    unit: TenantRow, name: str, value: Any
) -> None:
    known(unit, **{name: value})
    setattr(unit, name, None)

    with pytest.raises(Conflict):
        complete_values(CHANGE, unit)


@pytest.mark.krav("M613", "M614", "M630", "M631")
def test_deletion_and_disposal_are_remembered_once() -> None:
    unit, before = Arkivdel(), NOW - timedelta(days=9)
    kind = Kode(kode="SA")
    known(
        unit,
        sletting=Sletting(slettingstype=kind, slettet_dato=before, slettet_av="Ola"),
        utfoert_kassasjon=UtfoertKassasjon(kassert_dato=before, kassert_av="Ola"),
    )
    unit.sletting = Sletting(slettingstype=kind, slettet_dato=NOW, slettet_av="Ingen")
    unit.utfoert_kassasjon = UtfoertKassasjon(kassert_av="Ingen")

    complete_values(CHANGE, unit)

    assert (unit.sletting.slettet_dato, unit.sletting.slettet_av) == (before, "Ola")
    assert unit.utfoert_kassasjon.kassert_dato == before
    assert unit.utfoert_kassasjon.kassert_av == "Ola"


@pytest.mark.parametrize(("kind", "status"), [("I", "J"), ("U", "R"), ("N", "R"), ("X", "R")])
def test_status_follows_from_the_kind_of_entry(kind: str, status: str) -> None:
    unit = Journalpost(journalposttype=Kode(kode=kind))

    give_status(replace(CHANGE, parent=Saksmappe(journalenhet="Postmottak")), unit)

    assert unit.journalstatus.kode == status
    assert (unit.journaldato, unit.journalenhet) == (NOW, "Postmottak")


@pytest.mark.krav("C3.2.19")
@pytest.mark.parametrize("status", ["E", "J", "A", "U"])
def test_entry_that_has_been_journalled_is_not_deleted(status: str) -> None:
    unit = Journalpost(journalstatus=Kode(kode=status))
    give_memory(CHANGE, unit)
    unit.journalstatus = Kode(kode="R")

    with pytest.raises(Conflict):
        refuse_deletion(CHANGE, unit)


@pytest.mark.krav("C3.2.20")
@pytest.mark.parametrize(
    ("status", "archivist"), [("R", False), ("S", False), ("M", False), ("F", True), ("G", True)]
)
def test_entry_that_never_was_journalled_may_be_deleted(status: str, archivist: bool) -> None:
    unit = Journalpost(journalstatus=Kode(kode=status))

    give_memory(CHANGE, unit)
    refuse_deletion(replace(CHANGE, archivist=archivist), unit)

    assert unit.har_vaert_journalfoert is None


@pytest.mark.krav("C3.2.18")
def test_archiving_gives_date_and_person_and_journal_date() -> None:
    unit = Journalpost(journalstatus=Kode(kode="A"), journaldato=NOW - timedelta(days=3))

    give_archiving(CHANGE, unit)

    assert (unit.arkivert_dato, unit.arkivert_av, unit.journaldato) == (NOW, "Kari Nordmann", NOW)


def test_archived_entry_keeps_its_status() -> None:
    unit = Journalpost(journalstatus=Kode(kode="J"), arkivert_dato=NOW)

    with pytest.raises(Conflict):
        give_archiving(CHANGE, unit)


@pytest.mark.krav("M604", "M605")
def test_archiving_is_remembered_once() -> None:
    unit = Journalpost(journalstatus=Kode(kode="A"), arkivert_dato=NOW, arkivert_av="Ola")

    give_archiving(replace(CHANGE, now=NOW + timedelta(days=1)), unit)

    assert (unit.arkivert_dato, unit.arkivert_av) == (NOW, "Ola")


def test_caller_is_responsible_unless_another_is_named() -> None:
    mine, yours = Saksmappe(), Saksmappe(saksansvarlig="Ola", administrativ_enhet="Plan")

    give_responsible(CHANGE, mine)
    give_responsible(CHANGE, yours)

    assert (mine.saksansvarlig, mine.administrativ_enhet) == ("Kari Nordmann", "Arkivet")
    assert (mine.referanse_saksansvarlig, mine.saksdato) == (ACTOR.system_id, NOW)
    assert (yours.saksansvarlig, yours.referanse_saksansvarlig) == ("Ola", None)
    assert (yours.administrativ_enhet, yours.referanse_administrativ_enhet) == ("Plan", None)


@pytest.mark.parametrize(
    ("kind", "model", "role"),
    [
        ("I", KorrespondansepartPerson, "EA"),
        ("U", KorrespondansepartPerson, "EM"),
        ("I", KorrespondansepartIntern, "IM"),
        ("U", KorrespondansepartIntern, "IA"),
    ],
)
def test_correspondent_has_the_role_that_fits_the_entry(
    kind: str, model: type[KorrespondansepartPerson], role: str
) -> None:
    unit = model()

    give_role(replace(CHANGE, parent=Journalpost(journalposttype=Kode(kode=kind))), unit)

    assert unit.korrespondanseparttype.kode == role


def test_correspondent_inside_is_the_callers_unit_unless_named() -> None:
    mine, yours = KorrespondansepartIntern(), KorrespondansepartIntern(saksbehandler="Ola")

    give_unit(CHANGE, mine)
    give_unit(CHANGE, yours)

    assert (mine.administrativ_enhet, mine.referanse_administrativ_enhet) == ("Arkivet", ENHET)
    assert yours.administrativ_enhet is None


STORED = StoredFile("k", 3, "ab" * 32, "text/plain", "a.txt")


def test_file_fills_in_what_was_not_announced() -> None:
    unit = Dokumentobjekt()

    tie_file(CHANGE, unit, STORED)

    assert (unit.lagringsnoekkel, unit.filstoerrelse, unit.mime_type) == ("k", 3, "text/plain")
    assert (unit.sjekksum, unit.sjekksum_algoritme, unit.filnavn) == ("ab" * 32, "SHA-256", "a.txt")


@pytest.mark.parametrize("announced", [{}, {"sjekksum": "AB" * 32}, {"filstoerrelse": 3}])
def test_file_as_announced_is_taken(announced: Mapping[str, Any]) -> None:
    unit = Dokumentobjekt(**announced)

    tie_file(CHANGE, unit, STORED)

    assert unit.lagringsnoekkel == STORED.key


@pytest.mark.parametrize(
    "announced", [{"sjekksum": "cd" * 32}, {"filstoerrelse": 4}, {"mime_type": "image/png"}]
)
def test_file_that_is_not_as_announced_is_refused(announced: Mapping[str, Any]) -> None:
    with pytest.raises(Invalid):
        tie_file(CHANGE, Dokumentobjekt(**announced), STORED)


def test_second_file_is_refused() -> None:
    with pytest.raises(Conflict):
        refuse_second_file(CHANGE, Dokumentobjekt(lagringsnoekkel="k"), "text/plain", None)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-1", "SHA-512"])
def test_other_checksums_are_refused(algorithm: str) -> None:
    with pytest.raises(Invalid):
        refuse_other_checksum(CHANGE, Dokumentobjekt(sjekksum_algoritme=algorithm))


@pytest.mark.parametrize("mime_type", ["pdf", "text/plain\r\nX: y", "text/html; charset=x", "/"])
def test_what_is_no_media_type_is_refused(mime_type: str) -> None:
    with pytest.raises(Invalid):
        refuse_odd_mime_type(CHANGE, Dokumentobjekt(mime_type=mime_type))
