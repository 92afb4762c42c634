"""The rules of an archive's life, one row each: allowed or refused, by the API and without it.

A row arranges a case, says what is tried, and which units a refusal is to name (`tries.py`). Each
is tried by its command on a session first, then by every route of the API; what is refused, once
more when the caller does not see what stands in the way.
"""

from collections.abc import Iterator
from contextlib import suppress
from enum import Enum, auto

import httpx
import pytest
from tests.conftest import Client, LogIn, Service
from tests.noark import tries
from tests.noark.attempts import (
    STATUS,
    Attempt,
    Unit,
    Within,
    named_by,
    place_of,
    shown_by,
)
from tests.noark.stage import Stage

from sakark_api.errors import Conflict, Forbidden, Invalid, SakarkError
from sakark_api.noark.catalog import CATALOG


class Outcome(Enum):
    ALLOWED = auto()
    REFUSED = auto()
    INVALID = auto()
    ARCHIVISTS = auto()
    """Refused to a case handler, allowed to an archivist."""


ALLOWED, REFUSED, INVALID, ARCHIVISTS = Outcome


@pytest.fixture(scope="module")
def stage(http: httpx.Client, service: Service) -> Stage:
    return Stage(Client(http, service, "administrator@molde", "molde"))


@pytest.fixture(scope="module")
def within(service: Service) -> Iterator[Within]:
    with Within.molde(service) as within:
        yield within


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        pytest.param(tries.close_empty_arkiv, ALLOWED, marks=pytest.mark.krav("5.2.8")),
        pytest.param(
            tries.close_arkiv_with_closed_arkivdel, ALLOWED, marks=pytest.mark.krav("5.2.8")
        ),
        pytest.param(tries.close_arkiv_over_arkivdel, REFUSED, marks=pytest.mark.krav("5.2.4")),
        pytest.param(tries.close_arkiv_over_underarkiv, REFUSED, marks=pytest.mark.krav("5.2.4")),
        pytest.param(tries.new_arkivdel_in_closed_arkiv, REFUSED, marks=pytest.mark.krav("5.2.4")),
        pytest.param(tries.move_arkivdel_to_closed_arkiv, REFUSED, marks=pytest.mark.krav("5.2.4")),
        pytest.param(tries.reopen_arkiv, REFUSED, marks=pytest.mark.krav("5.2.8", "M602")),
        pytest.param(tries.title_of_closed_arkiv, REFUSED, marks=pytest.mark.krav("M020")),
        pytest.param(tries.close_arkivdel, ALLOWED, marks=pytest.mark.krav("5.11.6")),
        pytest.param(
            tries.close_arkivdel_over_open_mappe, REFUSED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(
            tries.close_arkivdel_over_open_case_on_klasse, REFUSED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(
            tries.close_overlapping_arkivdel_over_open_mappe,
            REFUSED,
            marks=pytest.mark.krav("5.11.7"),
        ),
        pytest.param(
            tries.close_successor_before_what_overlaps, REFUSED, marks=pytest.mark.krav("5.11.7")
        ),
        pytest.param(tries.reopen_arkivdel, REFUSED, marks=pytest.mark.krav("5.2.20", "M602")),
        pytest.param(
            tries.activate_overlapping_arkivdel, ALLOWED, marks=pytest.mark.krav("5.2.20")
        ),
        pytest.param(
            tries.new_mappe_in_overlapping_arkivdel, REFUSED, marks=pytest.mark.krav("5.11.4")
        ),
        pytest.param(
            tries.move_mappe_to_overlapping_arkivdel, REFUSED, marks=pytest.mark.krav("5.11.4")
        ),
        pytest.param(
            tries.move_mappe_to_closed_arkivdel, REFUSED, marks=pytest.mark.krav("5.2.19", "5.11.6")
        ),
        pytest.param(
            tries.registrering_told_of_closed_arkivdel,
            REFUSED,
            marks=pytest.mark.krav("5.2.19", "M208"),
        ),
        pytest.param(
            tries.registrering_changed_to_closed_arkivdel,
            REFUSED,
            marks=pytest.mark.krav("5.2.19", "M208"),
        ),
        pytest.param(
            tries.registrering_told_of_active_arkivdel, ALLOWED, marks=pytest.mark.krav("M208")
        ),
        pytest.param(
            tries.registrering_in_overlapping_arkivdel_without_successor,
            REFUSED,
            marks=pytest.mark.krav("5.11.5"),
        ),
        pytest.param(
            tries.registrering_in_overlapping_arkivdel,
            ALLOWED,
            marks=pytest.mark.krav("5.11.4", "5.11.5"),
        ),
        pytest.param(
            tries.registrering_moved_where_successor_is_closed,
            REFUSED,
            marks=pytest.mark.krav("5.11.5", "5.11.6"),
        ),
        pytest.param(tries.document_in_closed_arkivdel, REFUSED, marks=pytest.mark.krav("5.11.6")),
        pytest.param(tries.new_klasse_in_closed_system, REFUSED, marks=pytest.mark.krav("C2.4.5")),
        pytest.param(
            tries.new_klasse_below_in_closed_system, REFUSED, marks=pytest.mark.krav("C2.4.5")
        ),
        pytest.param(
            tries.move_klasse_below_in_closed_system, REFUSED, marks=pytest.mark.krav("C2.4.5")
        ),
        pytest.param(
            tries.new_klasse_in_plan_of_closed_arkivdel, REFUSED, marks=pytest.mark.krav("C2.4.5")
        ),
        pytest.param(tries.new_case_below_closed_klasse, REFUSED, marks=pytest.mark.krav("C2.4.5")),
        pytest.param(
            tries.new_registrering_below_closed_klasse, REFUSED, marks=pytest.mark.krav("C2.4.5")
        ),
        pytest.param(
            tries.move_mappe_below_closed_klasse, REFUSED, marks=pytest.mark.krav("C2.4.5")
        ),
        pytest.param(
            tries.extend_mappe_on_closed_klasse, REFUSED, marks=pytest.mark.krav("C2.4.5")
        ),
        pytest.param(tries.reopen_klasse, REFUSED, marks=pytest.mark.krav("M602")),
        pytest.param(tries.close_mappe, ALLOWED, marks=pytest.mark.krav("6.1.1")),
        pytest.param(tries.close_mappe_over_open_mappe, REFUSED, marks=pytest.mark.krav("5.4.7")),
        pytest.param(tries.reopen_mappe, REFUSED, marks=pytest.mark.krav("M602")),
        pytest.param(
            tries.move_registrering_to_closed_mappe, REFUSED, marks=pytest.mark.krav("5.4.7")
        ),
        pytest.param(tries.move_mappe_to_closed_mappe, REFUSED, marks=pytest.mark.krav("5.4.7")),
        pytest.param(
            tries.new_document_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.4.7", "5.11.6")
        ),
        pytest.param(
            tries.tie_document_into_closed_mappe, REFUSED, marks=pytest.mark.krav("5.4.7", "5.11.6")
        ),
        pytest.param(tries.new_version_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.11.6")),
        pytest.param(
            tries.archive_format_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(
            tries.public_variant_in_closed_mappe, ALLOWED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(
            tries.file_to_document_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(
            tries.file_to_version_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(tries.conversion_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.11.6")),
        pytest.param(
            tries.delete_registrering_in_closed_mappe, REFUSED, marks=pytest.mark.krav("6.1.17")
        ),
        pytest.param(
            tries.delete_document_in_closed_mappe, REFUSED, marks=pytest.mark.krav("6.1.17")
        ),
        pytest.param(tries.delete_closed_mappe, REFUSED, marks=pytest.mark.krav("6.1.17")),
        pytest.param(tries.remark_on_closed_mappe, ALLOWED, marks=pytest.mark.krav("6.1.14")),
        pytest.param(tries.close_case, ALLOWED, marks=pytest.mark.krav("6.1.3", "6.1.6")),
        pytest.param(tries.close_case_over_unfinished, REFUSED, marks=pytest.mark.krav("6.1.8")),
        pytest.param(tries.close_case_over_unconverted, REFUSED, marks=pytest.mark.krav("6.1.11")),
        pytest.param(tries.close_case_over_unanswered, REFUSED, marks=pytest.mark.krav("6.1.12")),
        pytest.param(tries.close_case_over_open_mappe, REFUSED, marks=pytest.mark.krav("6.1.8")),
        pytest.param(tries.close_case_without_klasse, REFUSED, marks=pytest.mark.krav("6.1.7")),
        pytest.param(
            tries.make_closed_case_without_klasse, REFUSED, marks=pytest.mark.krav("6.1.7")
        ),
        pytest.param(
            tries.extend_to_closed_case_over_unfinished, REFUSED, marks=pytest.mark.krav("6.1.8")
        ),
        pytest.param(tries.close_case_by_date, REFUSED, marks=pytest.mark.krav("6.1.6")),
        pytest.param(tries.move_closed_case_from_klasse, REFUSED, marks=pytest.mark.krav("6.1.7")),
        pytest.param(
            tries.move_closed_case_to_klasse, ARCHIVISTS, marks=pytest.mark.krav("C3.2.40")
        ),
        pytest.param(tries.move_entry_to_closed_case, REFUSED, marks=pytest.mark.krav("5.4.7")),
        pytest.param(tries.reopen_case, ARCHIVISTS, marks=pytest.mark.krav("6.1.15")),
        pytest.param(
            tries.reopen_case_in_closed_arkivdel, REFUSED, marks=pytest.mark.krav("5.11.6")
        ),
        pytest.param(tries.reopen_case_in_closed_mappe, REFUSED, marks=pytest.mark.krav("5.4.7")),
        pytest.param(
            tries.revive_void_entry_in_closed_case, REFUSED, marks=pytest.mark.krav("6.1.8")
        ),
        pytest.param(
            tries.change_of("I", "M", mottattDato=tries.OTHER),
            ALLOWED,
            marks=pytest.mark.krav("C3.2.22"),
        ),
        pytest.param(
            tries.change_of("I", "J", mottattDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.22"),
        ),
        pytest.param(
            tries.change_of("I", "A", mottattDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.22"),
        ),
        pytest.param(
            tries.change_of("I", "A", journalposttype={"kode": "X"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.23"),
        ),
        pytest.param(
            tries.change_of("I", "A", journaldato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.23"),
        ),
        pytest.param(
            tries.change_of("I", "A", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.23"),
        ),
        pytest.param(
            tries.change_of("I", "J", dokumentetsDato=tries.OTHER),
            ALLOWED,
            marks=pytest.mark.krav("C3.2.23"),
        ),
        pytest.param(
            tries.change_of("U", "E", journalposttype={"kode": "I"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "E", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "E", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "E", tittel="Annen"), REFUSED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("U", "J", journalposttype={"kode": "I"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "J", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "J", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "J", tittel="Annen"), REFUSED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("U", "S", tittel="Annen"), ALLOWED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("N", "E", journalposttype={"kode": "I"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("N", "E", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("N", "E", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("N", "E", tittel="Annen"), REFUSED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("N", "J", journalposttype={"kode": "I"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("N", "J", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("N", "J", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("N", "J", tittel="Annen"), REFUSED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("N", "S", tittel="Annen"), ALLOWED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("X", "E", journalposttype={"kode": "I"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("X", "E", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("X", "E", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("X", "E", tittel="Annen"), REFUSED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("X", "J", journalposttype={"kode": "I"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("X", "J", dokumentetsDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("X", "J", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("X", "J", tittel="Annen"), REFUSED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("X", "S", tittel="Annen"), ALLOWED, marks=pytest.mark.krav("C3.2.24")
        ),
        pytest.param(
            tries.change_of("U", "A", tittel="Annen"),
            REFUSED,
            marks=pytest.mark.krav("C3.2.14", "C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "A", dokumentmedium={"kode": "F"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.14", "C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "A", sendtDato=tries.OTHER),
            REFUSED,
            marks=pytest.mark.krav("C3.2.14", "C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "A", beskrivelse="Ny"), ALLOWED, marks=pytest.mark.krav("C3.2.14")
        ),
        pytest.param(
            tries.change_of("U", "A", utlaantTil="Kari"), ALLOWED, marks=pytest.mark.krav("M309")
        ),
        pytest.param(
            tries.change_of("U", "A", journalstatus={"kode": "R"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.18"),
        ),
        pytest.param(
            tries.change_of("U", "A", journalstatus={"kode": "U"}),
            REFUSED,
            marks=pytest.mark.krav("C3.2.18"),
        ),
        pytest.param(
            tries.change_of("U", "J", journalstatus={"kode": "R"}),
            ARCHIVISTS,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "J", journalstatus={"kode": "U"}),
            ALLOWED,
            marks=pytest.mark.krav("C3.2.19"),
        ),
        pytest.param(
            tries.change_of("U", "U", journalstatus={"kode": "R"}),
            ARCHIVISTS,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(
            tries.change_of("U", "U", journalstatus={"kode": "J"}),
            ARCHIVISTS,
            marks=pytest.mark.krav("C3.2.24"),
        ),
        pytest.param(tries.new_part_of("I", "J"), ALLOWED, marks=pytest.mark.krav("C3.2.23")),
        pytest.param(tries.new_part_of("I", "A"), REFUSED, marks=pytest.mark.krav("C3.2.23")),
        pytest.param(tries.part_gone_from("I", "A"), REFUSED, marks=pytest.mark.krav("C3.2.23")),
        pytest.param(tries.new_part_of("U", "R"), ALLOWED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.new_part_of("U", "E"), REFUSED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.part_gone_from("U", "E"), REFUSED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.new_part_of("N", "J"), REFUSED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.part_gone_from("N", "J"), REFUSED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.new_part_of("X", "A"), REFUSED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.part_gone_from("X", "A"), REFUSED, marks=pytest.mark.krav("C3.2.24")),
        pytest.param(tries.draft_added_to("I", "J"), ALLOWED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.draft_added_to("U", "E"), REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.draft_added_to("N", "J"), REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.draft_added_to("X", "J"), REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.draft_added_to("U", "R"), ALLOWED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(
            tries.date_of_what_came_by_way_of_another_kind,
            REFUSED,
            marks=pytest.mark.krav("C3.2.22"),
        ),
        pytest.param(
            tries.date_of_what_came_by_way_of_another_status,
            REFUSED,
            marks=pytest.mark.krav("C3.2.22"),
        ),
        pytest.param(tries.draft_tied_to_sent, REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.finished_tied_to_sent, ALLOWED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.draft_of_sent, REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.send_over_drafts, REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.make_own_over_drafts, REFUSED, marks=pytest.mark.krav("C3.2.30")),
        pytest.param(tries.make_own_without_recipient, REFUSED, marks=pytest.mark.krav("C2.6.3")),
        pytest.param(tries.title_of_finished_document, ALLOWED, marks=pytest.mark.krav("C3.2.33")),
        pytest.param(tries.reopen_document, ARCHIVISTS, marks=pytest.mark.krav("C3.2.32")),
        pytest.param(tries.version_of_finished, REFUSED, marks=pytest.mark.krav("C3.2.31")),
        pytest.param(tries.file_to_finished, REFUSED, marks=pytest.mark.krav("C3.2.31")),
        pytest.param(tries.file_to_draft, ALLOWED, marks=pytest.mark.krav("C3.2.31")),
        pytest.param(tries.archive_format_of_finished, ALLOWED, marks=pytest.mark.krav("C3.2.31")),
        pytest.param(tries.version_in_archived, REFUSED, marks=pytest.mark.krav("C3.2.17")),
        pytest.param(tries.file_to_archived, REFUSED, marks=pytest.mark.krav("C3.2.17")),
        pytest.param(tries.document_tied_to_archived, REFUSED, marks=pytest.mark.krav("C3.2.17")),
        pytest.param(tries.document_in_archived, REFUSED, marks=pytest.mark.krav("C3.2.17")),
        pytest.param(tries.delete_entry("U", "R"), ALLOWED, marks=pytest.mark.krav("C3.2.20")),
        pytest.param(tries.delete_entry("U", "S"), ALLOWED, marks=pytest.mark.krav("C3.2.20")),
        pytest.param(tries.delete_entry("U", "M"), ALLOWED, marks=pytest.mark.krav("C3.2.20")),
        pytest.param(tries.delete_entry("U", "F"), ARCHIVISTS, marks=pytest.mark.krav("C3.2.20")),
        pytest.param(tries.delete_entry("U", "G"), ARCHIVISTS, marks=pytest.mark.krav("C3.2.20")),
        pytest.param(tries.delete_entry("U", "E"), REFUSED, marks=pytest.mark.krav("C3.2.19")),
        pytest.param(tries.delete_entry("U", "J"), REFUSED, marks=pytest.mark.krav("C3.2.19")),
        pytest.param(tries.delete_entry("U", "A"), REFUSED, marks=pytest.mark.krav("C3.2.19")),
        pytest.param(tries.delete_entry("U", "U"), REFUSED, marks=pytest.mark.krav("C3.2.19")),
        pytest.param(tries.delete_what_was_journalled, REFUSED, marks=pytest.mark.krav("C3.2.19")),
        pytest.param(
            tries.delete_case_that_held_journalled, REFUSED, marks=pytest.mark.krav("6.1.18")
        ),
        pytest.param(
            tries.delete_case_that_held_reserved, ALLOWED, marks=pytest.mark.krav("6.1.18")
        ),
        pytest.param(tries.delete_document_of_archived, REFUSED, marks=pytest.mark.krav("C3.2.16")),
        pytest.param(
            tries.delete_document_of_journalled, REFUSED, marks=pytest.mark.krav("C3.2.19")
        ),
        pytest.param(
            tries.delete_last_version, REFUSED, marks=pytest.mark.krav("5.13.17", "5.13.21")
        ),
        pytest.param(tries.delete_production_format, ARCHIVISTS, marks=pytest.mark.krav("5.13.25")),
        pytest.param(tries.delete_conversion, REFUSED, marks=pytest.mark.krav("M615", "M712")),
        pytest.param(tries.delete_obsolete_presedens, REFUSED, marks=pytest.mark.krav("C2.8.18")),
        pytest.param(tries.delete_presedens, ALLOWED, marks=pytest.mark.krav("C2.8.18")),
        pytest.param(tries.untie_last_of_presedens, REFUSED, marks=pytest.mark.krav("C2.8.18")),
        pytest.param(tries.untie_one_of_presedens, ALLOWED, marks=pytest.mark.krav("C2.8.18")),
        pytest.param(
            tries.follow_obsolete_presedens_again, REFUSED, marks=pytest.mark.krav("M602")
        ),
        pytest.param(tries.tear_question_from_answer, REFUSED, marks=pytest.mark.krav("C3.2.39")),
        pytest.param(tries.tear_answer_from_question, REFUSED, marks=pytest.mark.krav("C3.2.39")),
        pytest.param(tries.move_archived, ARCHIVISTS, marks=pytest.mark.krav("C3.2.40")),
        pytest.param(tries.write_off_what_is_ours, REFUSED, marks=pytest.mark.krav("M617")),
        pytest.param(tries.write_off_note_for_nobody, INVALID, marks=pytest.mark.krav("M231")),
        pytest.param(tries.write_off_note_for_recipient, ALLOWED, marks=pytest.mark.krav("M231")),
        (tries.delete_klasse_of_kept_arkivdel, REFUSED),
        (tries.delete_klasse_of_arkivdel_kept_before, ALLOWED),
        (tries.move_klasse_away_from_kept_arkivdel, REFUSED),
        (tries.move_klasse_within_kept_arkivdel, ALLOWED),
        (tries.dispose_of_kept_arkivdel, REFUSED),
        (tries.dispose_of_kept_document, REFUSED),
        (tries.dispose_of_document, ALLOWED),
        pytest.param(
            tries.delete_in_mappe_that_passed_on_kept, REFUSED, marks=pytest.mark.krav("5.11.5")
        ),
        pytest.param(
            tries.delete_in_mappe_that_was_moved_kept, REFUSED, marks=pytest.mark.krav("5.11.5")
        ),
        pytest.param(
            tries.delete_in_mappe_that_passed_on, ALLOWED, marks=pytest.mark.krav("5.11.5")
        ),
        pytest.param(tries.screen("5"), ALLOWED, marks=pytest.mark.krav("M501")),
        pytest.param(tries.screen("KL"), INVALID, marks=pytest.mark.krav("M501")),
        pytest.param(
            tries.screen("KL", skjermingshjemmel="Offl. § 13"),
            ALLOWED,
            marks=pytest.mark.krav("M501"),
        ),
        pytest.param(
            tries.undo_writing_off_in_closed_case, REFUSED, marks=pytest.mark.krav("6.1.12")
        ),
    ],
    ids=lambda one: one.__name__ if callable(one) else one.name.lower(),
)
def test_rule_holds_by_every_route(
    stage: Stage, within: Within, log_in: LogIn, row: tries.Row, outcome: Outcome
) -> None:
    tried = row(stage)
    attempt, over = tried.attempt, {one["systemID"] for one in tried.over}

    if outcome is ARCHIVISTS:
        see_refusal(within, attempt, log_in("saksbehandler@molde"), Forbidden, set())
    if outcome in {ALLOWED, ARCHIVISTS}:
        see_done(within, attempt, stage.client)
    else:
        kind = Conflict if outcome is REFUSED else Invalid
        see_refusal(within, attempt, stage.client, kind, over)
        see_unseen_unnamed(stage, attempt, tried.over)


def see_refusal(
    within: Within, attempt: Attempt, client: Client, kind: type[SakarkError], over: set[str]
) -> None:
    """See that it is refused by every route, over the same units, which can be read."""
    refusal = within.tried(attempt, archivist=kind is not Forbidden)
    answers = list(attempt.over_http(client))

    assert isinstance(refusal, kind)
    assert named_by(refusal) == over
    assert {one.status_code for one in answers} == {STATUS[kind]}, [one.text for one in answers]
    shown = [shown_by(one) for one in answers]
    assert all({unit["systemID"] for unit in units} == over for units in shown)
    assert all(client.refreshed(one)["systemID"] in over for units in shown for one in units)
    assert not [one for units in shown for one in units if says_too_much(client, one, answers)]


def says_too_much(client: Client, unit: Unit, answers: list[httpx.Response]) -> bool:
    """Tell whether an answer has a unit's title, though that is one that screening may hide."""
    whole = client.refreshed(unit)
    screened = CATALOG.by_name[place_of(unit).resource.name].root.screened.values()
    hides = any("tittel" in names for names in screened)
    return hides and any(whole["tittel"] in one.text for one in answers)


def see_unseen_unnamed(stage: Stage, attempt: Attempt, over: list[Unit]) -> None:
    """See that the units are counted and not named to somebody who does not see them."""
    hidden = [one for one in over if stage.hides(one)]
    secrets = [one[name] for one in hidden for name in NAMING if name in one]

    answers = []
    with suppress(KeyError):  # what is tried is itself in what is hidden
        answers = list(attempt.over_http(stage.client))

    assert {one.status_code for one in answers} <= {400, 404, 409}
    assert [one for one in secrets if any(one in answer.text for answer in answers)] == []
    if len(hidden) == len(over) > 0:
        counts = [reasons_in(one) for one in answers if one.status_code == STATUS[Conflict]]
        assert all(found in ([], [len(over)]) for found in counts)


NAMING = ("systemID", "mappeID", "registreringsID", "tittel")


def reasons_in(answer: httpx.Response) -> list[int]:
    """Give how many units are each reason of a refusal."""
    return [one["antall"] for one in answer.json()["feil"].get("hindringer", ())]


def see_done(within: Within, attempt: Attempt, client: Client) -> None:
    """See that it is done by every route."""
    refusal = within.tried(attempt, archivist=True)
    answers = list(attempt.over_http(client))

    assert refusal is None
    assert all(one.is_success for one in answers), [one.text for one in answers]
