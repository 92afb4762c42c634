"""What the rules are tried with: each function arranges a case and says what is tried in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.noark.attempts import Attempt, Extend, Give, Make, Move, Remove, Set, Tie, Unit, Untie
from tests.noark.conftest import part
from tests.noark.stage import CLOSING, SOME, Stage, status

_DATES = ("dokumentetsDato", "sendtDato", "mottattDato")
OTHER = "2001-01-01T00:00:00+01:00"


@dataclass(frozen=True)
class Try:
    """What is tried, and the units that a refusal names."""

    attempt: Attempt
    over: list[Unit] = field(default_factory=list)


Row = Callable[[Stage], Try]


def close_empty_arkiv(stage: Stage) -> Try:
    return Try(Set(stage.new_arkiv(), CLOSING["arkiv"]))


def close_arkiv_with_closed_arkivdel(stage: Stage) -> Try:
    arkiv = stage.new_arkiv()
    stage.closed(stage.made(arkiv, "arkivdel"))
    return Try(Set(arkiv, CLOSING["arkiv"]))


def close_arkiv_over_arkivdel(stage: Stage) -> Try:
    arkiv = stage.new_arkiv()
    return Try(Set(arkiv, CLOSING["arkiv"]), [stage.made(arkiv, "arkivdel")])


def close_arkiv_over_underarkiv(stage: Stage) -> Try:
    arkiv = stage.new_arkiv()
    return Try(Set(arkiv, CLOSING["arkiv"]), [stage.made(arkiv, "arkiv")])


def new_arkivdel_in_closed_arkiv(stage: Stage) -> Try:
    return Try(Make(stage.closed(stage.new_arkiv()), "arkivdel", {"tittel": "Del"}))


def move_arkivdel_to_closed_arkiv(stage: Stage) -> Try:
    return Try(Move(stage.new_arkivdel(), "arkiv", stage.closed(stage.new_arkiv())))


def reopen_arkiv(stage: Stage) -> Try:
    return Try(Set(stage.closed(stage.new_arkiv()), status("arkivstatus", "O")))


def title_of_closed_arkiv(stage: Stage) -> Try:
    return Try(Set(stage.closed(stage.new_arkiv()), {"tittel": "Annen"}))


def close_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    stage.closed(stage.new_mappe(arkivdel))
    return Try(Set(arkivdel, CLOSING["arkivdel"]))


def close_arkivdel_over_open_mappe(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    return Try(Set(arkivdel, CLOSING["arkivdel"]), [stage.new_mappe(arkivdel)])


def close_arkivdel_over_open_case_on_klasse(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    case = stage.case(stage.new_klasse(stage.system(arkivdel)))
    return Try(Set(arkivdel, CLOSING["arkivdel"]), [case])


def close_overlapping_arkivdel_over_open_mappe(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    mappe = stage.new_mappe(arkivdel)
    stage.change(arkivdel, **status("arkivdelstatus", "O"))
    return Try(Set(arkivdel, CLOSING["arkivdel"]), [mappe])


def close_successor_before_what_overlaps(stage: Stage) -> Try:
    arkivdel, successor = stage.new_arkivdel(), stage.new_arkivdel()
    mappe = stage.new_mappe(arkivdel)
    changes = {"referanseArvtaker": successor["systemID"], **status("arkivdelstatus", "O")}
    stage.change(arkivdel, **changes)
    return Try(Set(successor, CLOSING["arkivdel"]), [mappe])


def reopen_arkivdel(stage: Stage) -> Try:
    return Try(Set(stage.new_arkivdel("P"), status("arkivdelstatus", "A")))


def activate_overlapping_arkivdel(stage: Stage) -> Try:
    return Try(Set(stage.new_arkivdel("O"), status("arkivdelstatus", "A")))


def new_mappe_in_overlapping_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel("O")
    return Try(Make(arkivdel, "mappe", {"tittel": "Ny"}), [arkivdel])


def move_mappe_to_overlapping_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel("O")
    return Try(Move(stage.new_mappe(), "arkivdel", arkivdel), [arkivdel])


def move_mappe_to_closed_arkivdel(stage: Stage) -> Try:
    return Try(Move(stage.new_mappe(), "arkivdel", stage.new_arkivdel("P")))


def registrering_told_of_closed_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel("P")
    body = {"tittel": "R", "referanseArkivdel": arkivdel["systemID"]}
    return Try(Make(stage.mappe, "registrering", body), [arkivdel])


def registrering_changed_to_closed_arkivdel(stage: Stage) -> Try:
    arkivdel, made = stage.new_arkivdel("P"), stage.made(stage.mappe, "registrering")
    return Try(Set(made, {"referanseArkivdel": arkivdel["systemID"]}), [arkivdel])


def registrering_told_of_active_arkivdel(stage: Stage) -> Try:
    body = {"tittel": "R", "referanseArkivdel": stage.new_arkivdel()["systemID"]}
    return Try(Make(stage.mappe, "registrering", body))


def registrering_in_overlapping_arkivdel_without_successor(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    mappe = stage.new_mappe(arkivdel)
    stage.change(arkivdel, **status("arkivdelstatus", "O"))
    return Try(Make(mappe, "registrering", {"tittel": "R"}), [arkivdel])


def registrering_in_overlapping_arkivdel(stage: Stage) -> Try:
    arkivdel, successor = stage.new_arkivdel(), stage.new_arkivdel()
    mappe = stage.new_mappe(arkivdel)
    changes = {"referanseArvtaker": successor["systemID"], **status("arkivdelstatus", "O")}
    stage.change(arkivdel, **changes)
    return Try(Make(mappe, "registrering", {"tittel": "R"}))


def registrering_moved_where_successor_is_closed(stage: Stage) -> Try:
    arkivdel, successor = stage.new_arkivdel(), stage.new_arkivdel("P")
    mappe, made = stage.new_mappe(arkivdel), stage.made(stage.mappe, "registrering")
    changes = {"referanseArvtaker": successor["systemID"], **status("arkivdelstatus", "O")}
    stage.change(arkivdel, **changes)
    return Try(Move(made, "mappe", mappe), [successor])


def document_in_closed_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    made = stage.made(arkivdel, "registrering")
    return Try(Make(made, "dokumentbeskrivelse", {"tittel": "D"}), [stage.closed(arkivdel)])


def new_klasse_in_closed_system(stage: Stage) -> Try:
    system = stage.closed(stage.system())
    return Try(Make(system, "klasse", {"tittel": "K", "klasseID": "2"}))


def new_klasse_below_in_closed_system(stage: Stage) -> Try:
    system = stage.system()
    klasse = stage.new_klasse(system)
    body = {"tittel": "K", "klasseID": "2"}
    return Try(Make(klasse, "klasse", body), [stage.closed(system)])


def move_klasse_below_in_closed_system(stage: Stage) -> Try:
    system = stage.system()
    klasse = stage.new_klasse(system)
    return Try(Move(stage.new_klasse(kode="9"), "overklasse", klasse), [stage.closed(system)])


def new_klasse_in_plan_of_closed_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    system = stage.system(arkivdel)
    body = {"tittel": "K", "klasseID": "2"}
    return Try(Make(system, "klasse", body), [stage.closed(arkivdel)])


def new_case_below_closed_klasse(stage: Stage) -> Try:
    above = stage.new_klasse()
    below = stage.new_klasse(above, "11")
    return Try(Make(below, "saksmappe", {"tittel": "S"}), [stage.closed(above)])


def new_registrering_below_closed_klasse(stage: Stage) -> Try:
    above = stage.new_klasse()
    below = stage.new_klasse(above, "11")
    return Try(Make(below, "registrering", {"tittel": "R"}), [stage.closed(above)])


def move_mappe_below_closed_klasse(stage: Stage) -> Try:
    above = stage.new_klasse()
    below = stage.new_klasse(above, "11")
    return Try(Move(stage.new_mappe(), "klasse", below), [stage.closed(above)])


def extend_mappe_on_closed_klasse(stage: Stage) -> Try:
    klasse = stage.new_klasse()
    mappe = stage.new_mappe(klasse)
    stage.closed(klasse)
    return Try(Extend(mappe, "saksmappe", {}))


def reopen_klasse(stage: Stage) -> Try:
    return Try(Set(stage.closed(stage.new_klasse()), {"avsluttetDato": None}))


def close_mappe(stage: Stage) -> Try:
    return Try(Set(stage.new_mappe(), {"avsluttetDato": SOME}))


def close_mappe_over_open_mappe(stage: Stage) -> Try:
    mappe = stage.new_mappe()
    return Try(Set(mappe, {"avsluttetDato": SOME}), [stage.new_mappe(mappe)])


def reopen_mappe(stage: Stage) -> Try:
    return Try(Set(stage.closed(stage.new_mappe()), {"avsluttetDato": None}))


def move_registrering_to_closed_mappe(stage: Stage) -> Try:
    made = stage.made(stage.mappe, "registrering")
    return Try(Move(made, "mappe", stage.closed(stage.new_mappe())))


def move_mappe_to_closed_mappe(stage: Stage) -> Try:
    return Try(Move(stage.new_mappe(), "overmappe", stage.closed(stage.new_mappe())))


def in_closed_mappe(stage: Stage) -> tuple[Any, Any, Any]:
    """Give a closed mappe, a registrering in it that is not archived, and its draft."""
    mappe = stage.new_mappe()
    made = stage.made(mappe, "registrering")
    draft = stage.paper(made, "B")
    return stage.closed(mappe), made, draft


def new_document_in_closed_mappe(stage: Stage) -> Try:
    mappe, made, _ = in_closed_mappe(stage)
    return Try(Make(made, "dokumentbeskrivelse", {"tittel": "D"}), [mappe])


def tie_document_into_closed_mappe(stage: Stage) -> Try:
    mappe, made, _ = in_closed_mappe(stage)
    paper = stage.paper(stage.made(stage.mappe, "registrering"))
    return Try(Tie(made, "dokumentbeskrivelse", paper), [mappe])


def new_version_in_closed_mappe(stage: Stage) -> Try:
    mappe, _, draft = in_closed_mappe(stage)
    return Try(Make(draft, "dokumentobjekt", {}), [mappe])


def archive_format_in_closed_mappe(stage: Stage) -> Try:
    mappe, _, draft = in_closed_mappe(stage)
    return Try(Make(draft, "dokumentobjekt", status("variantformat", "A")), [mappe])


def public_variant_in_closed_mappe(stage: Stage) -> Try:
    _, _, draft = in_closed_mappe(stage)
    return Try(Make(draft, "dokumentobjekt", status("variantformat", "O")))


def file_to_document_in_closed_mappe(stage: Stage) -> Try:
    mappe, _, draft = in_closed_mappe(stage)
    return Try(Give(draft), [mappe])


def file_to_version_in_closed_mappe(stage: Stage) -> Try:
    mappe = stage.new_mappe()
    version = stage.version(stage.paper(stage.made(mappe, "registrering"), "B"))
    return Try(Give(version), [stage.closed(mappe)])


def conversion_in_closed_mappe(stage: Stage) -> Try:
    mappe = stage.new_mappe()
    version = stage.version(stage.paper(stage.made(mappe, "registrering")), "A")
    return Try(Make(version, "konvertering", {}), [stage.closed(mappe)])


def delete_registrering_in_closed_mappe(stage: Stage) -> Try:
    mappe, made = stage.new_mappe(), None
    made = stage.made(mappe, "registrering")
    return Try(Remove(made), [stage.closed(mappe)])


def delete_document_in_closed_mappe(stage: Stage) -> Try:
    mappe, _, draft = in_closed_mappe(stage)
    return Try(Remove(draft), [mappe])


def delete_closed_mappe(stage: Stage) -> Try:
    return Try(Remove(stage.closed(stage.new_mappe())))


def remark_on_closed_mappe(stage: Stage) -> Try:
    return Try(Make(stage.closed(stage.new_mappe()), "merknad", {"merknadstekst": "Se her"}))


def close_case(stage: Stage) -> Try:
    case = stage.case()
    stage.entry("U", "A", case)
    return Try(Set(case, CLOSING["saksmappe"]))


def screen(kode: str, **given: Any) -> Row:
    """Screen a mappe by a tilgangsrestriksjon."""

    def row(stage: Stage) -> Try:
        skjerming = {**status("tilgangsrestriksjon", kode), "skjermingMetadata": [{"kode": "TM1"}]}
        return Try(Set(stage.new_mappe(), {"skjerming": {**skjerming, **given}}))

    row.__name__ = f"screen_by_{kode}_{'_'.join(given)}"
    return row


def delete_klasse_of_kept_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    klasse = stage.new_klasse(stage.new_klasse(stage.system(arkivdel)), "11")
    return Try(Remove(klasse), [stage.order(arkivdel)])


def delete_klasse_of_arkivdel_kept_before(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    stage.order(arkivdel, gyldigTil=SOME)
    return Try(Remove(stage.new_klasse(stage.system(arkivdel))))


def move_klasse_away_from_kept_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    klasse = stage.new_klasse(stage.system(arkivdel))
    return Try(Move(klasse, "overklasse", stage.new_klasse(kode="9")), [stage.order(arkivdel)])


def move_klasse_within_kept_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    system = stage.system(arkivdel)
    above, klasse = stage.new_klasse(system, "1"), stage.new_klasse(system, "2")
    stage.order(arkivdel)
    return Try(Move(klasse, "overklasse", above))


def dispose_of_kept_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    return Try(Set(arkivdel, {"utfoertKassasjon": {}}), [stage.order(arkivdel)])


def dispose_of_kept_document(stage: Stage) -> Try:
    made = stage.made(stage.new_mappe(), "registrering")
    paper, order = stage.paper(made), stage.order(made)
    return Try(Set(paper, {"sletting": status("slettingstype", "SA")}), [order])


def dispose_of_document(stage: Stage) -> Try:
    paper = stage.paper(stage.made(stage.new_mappe(), "registrering"))
    return Try(Set(paper, {"utfoertKassasjon": {}}))


def delete_in_mappe_that_passed_on_kept(stage: Stage) -> Try:
    mappe, _ = stage.passing()
    stage.order(stage.arkivdel_of(mappe))
    made = stage.made(mappe, "registrering")
    return Try(Remove(made), stage.orders_over(mappe))


def delete_in_mappe_that_was_moved_kept(stage: Stage) -> Try:
    mappe, _ = stage.passing()
    stage.order(stage.arkivdel_of(mappe))
    moved = stage.made(stage.new_mappe(), "registrering")
    list(Move(moved, "mappe", mappe).over_http(stage.client))
    return Try(Remove(moved), stage.orders_over(mappe))


def delete_in_mappe_that_passed_on(stage: Stage) -> Try:
    mappe, _ = stage.passing()
    stage.order(stage.arkivdel_of(mappe), gyldigTil=SOME)
    return Try(Remove(stage.made(mappe, "registrering")))


def close_case_over_unfinished(stage: Stage) -> Try:
    case = stage.case()
    note = stage.made(case, "arkivnotat")
    return Try(Set(case, CLOSING["saksmappe"]), [stage.entry("U", "J", case), note])


def close_case_over_unconverted(stage: Stage) -> Try:
    case = stage.case()
    post = stage.entry("U", "R", case)
    paper = stage.paper(post, "B")
    stage.version(paper)
    stage.change(paper, **status("dokumentstatus", "F"))
    stage.change(post, **status("journalstatus", "A"))
    return Try(Set(case, CLOSING["saksmappe"]), [post])


def close_case_over_unanswered(stage: Stage) -> Try:
    case = stage.case()
    posts = [stage.entry("I", "A", case), stage.entry("N", "A", case)]
    return Try(Set(case, CLOSING["saksmappe"]), posts)


def close_case_over_open_mappe(stage: Stage) -> Try:
    # A klasse has no room for it, so the case has a mappe on the klasse above it.
    case = stage.case()
    return Try(Set(case, CLOSING["saksmappe"]), [stage.case(case)])


def close_case_without_klasse(stage: Stage) -> Try:
    return Try(Set(stage.case(stage.arkivdel), CLOSING["saksmappe"]))


def make_closed_case_without_klasse(stage: Stage) -> Try:
    return Try(Make(stage.arkivdel, "saksmappe", {"tittel": "S", **CLOSING["saksmappe"]}))


def extend_to_closed_case_over_unfinished(stage: Stage) -> Try:
    mappe = stage.new_mappe(stage.klasse)
    made = stage.made(mappe, "registrering")
    return Try(Extend(mappe, "saksmappe", CLOSING["saksmappe"]), [made])


def close_case_by_date(stage: Stage) -> Try:
    return Try(Set(stage.case(), {"avsluttetDato": SOME}))


def move_closed_case_from_klasse(stage: Stage) -> Try:
    return Try(Move(stage.closed(stage.case()), "arkivdel", stage.arkivdel))


def move_closed_case_to_klasse(stage: Stage) -> Try:
    return Try(Move(stage.closed(stage.case()), "klasse", stage.other_klasse))


def move_entry_to_closed_case(stage: Stage) -> Try:
    return Try(Move(stage.entry(), "mappe", stage.closed(stage.case())))


def reopen_case(stage: Stage) -> Try:
    return Try(Set(stage.closed(stage.case()), status("saksstatus", "B")))


def reopen_case_in_closed_arkivdel(stage: Stage) -> Try:
    arkivdel = stage.new_arkivdel()
    case = stage.closed(stage.case(stage.new_klasse(stage.system(arkivdel))))
    return Try(Set(case, status("saksstatus", "B")), [stage.closed(arkivdel)])


def reopen_case_in_closed_mappe(stage: Stage) -> Try:
    mappe = stage.new_mappe(stage.other_klasse)
    case = stage.closed(stage.case(mappe))
    return Try(Set(case, status("saksstatus", "B")), [stage.closed(mappe)])


def revive_void_entry_in_closed_case(stage: Stage) -> Try:
    case = stage.case()
    post = stage.entry("X", "U", case)
    return Try(Set(post, status("journalstatus", "R")), [stage.closed(case)])


def change_of(kind: str, kode: str, **members: Any) -> Row:
    """Change an entry of a kind in a status."""

    def row(stage: Stage) -> Try:
        dates: dict[str, Any] = dict.fromkeys(_DATES, SOME)
        return Try(Set(stage.entry(kind, kode, **dates), members))

    row.__name__ = f"{'_'.join(members)}_of_{kind}_in_{kode}"
    return row


def new_part_of(kind: str, kode: str) -> Row:
    def row(stage: Stage) -> Try:
        body = {"navn": "Kari"}
        return Try(Make(stage.entry(kind, kode), "korrespondansepartperson", body))

    row.__name__ = f"new_part_of_{kind}_in_{kode}"
    return row


def part_gone_from(kind: str, kode: str) -> Row:
    def row(stage: Stage) -> Try:
        return Try(Remove(stage.parts(stage.entry(kind, kode))[0]))

    row.__name__ = f"part_gone_from_{kind}_in_{kode}"
    return row


def draft_added_to(kind: str, kode: str) -> Row:
    def row(stage: Stage) -> Try:
        post = stage.entry(kind, kode)
        named = [post] if kind != "I" else []
        return Try(Make(post, "dokumentbeskrivelse", {"tittel": "Utkast"}), named)

    row.__name__ = f"draft_added_to_{kind}_in_{kode}"
    return row


def draft_tied_to_sent(stage: Stage) -> Try:
    post = stage.entry("U", "J")
    return Try(Tie(post, "dokumentbeskrivelse", stage.paper(stage.entry(), "B")), [post])


def finished_tied_to_sent(stage: Stage) -> Try:
    return Try(Tie(stage.entry("U", "J"), "dokumentbeskrivelse", stage.paper(stage.entry())))


def draft_of_sent(stage: Stage) -> Try:
    post = stage.entry("U", "E")
    return Try(Set(stage.paper(post), status("dokumentstatus", "B")), [post])


def send_over_drafts(stage: Stage) -> Try:
    post = stage.entry("U")
    return Try(Set(post, status("journalstatus", "J")), [stage.paper(post, "B")])


def make_own_over_drafts(stage: Stage) -> Try:
    post = stage.entry("I", "J", korrespondansepartperson=[part("Ola", "EM")])
    return Try(Set(post, status("journalposttype", "U")), [stage.paper(post, "B")])


def make_own_without_recipient(stage: Stage) -> Try:
    return Try(Set(stage.entry("I", "J"), status("journalposttype", "U")))


def title_of_finished_document(stage: Stage) -> Try:
    return Try(Set(stage.paper(stage.entry("U", "J")), {"tittel": "Annen"}))


def reopen_document(stage: Stage) -> Try:
    return Try(Set(stage.paper(stage.entry("U")), status("dokumentstatus", "B")))


def version_of_finished(stage: Stage) -> Try:
    return Try(Make(stage.paper(stage.entry("U")), "dokumentobjekt", {}))


def file_to_finished(stage: Stage) -> Try:
    return Try(Give(stage.paper(stage.entry("U"))))


def file_to_draft(stage: Stage) -> Try:
    return Try(Give(stage.paper(stage.entry("U"), "B")))


def archive_format_of_finished(stage: Stage) -> Try:
    paper = stage.paper(stage.entry("U"))
    return Try(Make(paper, "dokumentobjekt", status("variantformat", "A")))


def archived_with_draft(stage: Stage) -> tuple[Any, Any]:
    made = stage.made(stage.mappe, "registrering")
    draft = stage.paper(made, "B")
    return stage.closed(made), draft


def version_in_archived(stage: Stage) -> Try:
    return Try(Make(archived_with_draft(stage)[1], "dokumentobjekt", {}))


def file_to_archived(stage: Stage) -> Try:
    return Try(Give(archived_with_draft(stage)[1]))


def document_tied_to_archived(stage: Stage) -> Try:
    return Try(Tie(stage.entry("U", "A"), "dokumentbeskrivelse", stage.paper(stage.entry())))


def document_in_archived(stage: Stage) -> Try:
    body = {"tittel": "D", **status("dokumentstatus", "F")}
    return Try(Make(stage.entry("U", "A"), "dokumentbeskrivelse", body))


def delete_entry(kind: str, kode: str) -> Row:
    def row(stage: Stage) -> Try:
        return Try(Remove(stage.entry(kind, kode)))

    row.__name__ = f"delete_{kind}_in_{kode}"
    return row


def delete_what_was_journalled(stage: Stage) -> Try:
    return Try(Remove(stage.change(stage.entry("U", "J"), **status("journalstatus", "R"))))


def delete_case_that_held_journalled(stage: Stage) -> Try:
    case = stage.case()
    post = stage.entry("U", "J", case)
    list(Move(post, "mappe", stage.case()).over_http(stage.client))
    return Try(Remove(case))


def delete_case_that_held_reserved(stage: Stage) -> Try:
    case = stage.case()
    list(Move(stage.entry("U", "R", case), "mappe", stage.case()).over_http(stage.client))
    return Try(Remove(case))


def delete_document_of_archived(stage: Stage) -> Try:
    made, draft = archived_with_draft(stage)
    return Try(Remove(draft), [made])


def delete_document_of_journalled(stage: Stage) -> Try:
    post = stage.entry("U", "J")
    return Try(Remove(stage.paper(post)), [post])


def delete_last_version(stage: Stage) -> Try:
    paper = stage.paper(stage.entry("U"), "B")
    version = stage.version(paper, filed=True)
    stage.change(paper, **status("dokumentstatus", "F"))
    return Try(Remove(version))


def delete_production_format(stage: Stage) -> Try:
    paper = stage.paper(stage.entry("U"), "B")
    version = stage.version(paper, filed=True)
    stage.version(paper, "A", filed=True)
    stage.change(paper, **status("dokumentstatus", "F"))
    return Try(Remove(version))


def delete_conversion(stage: Stage) -> Try:
    version = stage.version(stage.paper(stage.entry("U")), "A")
    return Try(Remove(stage.made(version, "konvertering")))


def delete_obsolete_presedens(stage: Stage) -> Try:
    return Try(Remove(stage.presedens_of(stage.case(), **status("presedensStatus", "F"))))


def delete_presedens(stage: Stage) -> Try:
    return Try(Remove(stage.presedens_of(stage.case())))


def untie_last_of_presedens(stage: Stage) -> Try:
    case = stage.case()
    return Try(Untie(case, "presedens", stage.presedens_of(case)))


def untie_one_of_presedens(stage: Stage) -> Try:
    case, post = stage.case(), stage.entry()
    made = stage.presedens_of(case)
    list(Tie(post, "presedens", made).over_http(stage.client))
    return Try(Untie(case, "presedens", made))


def follow_obsolete_presedens_again(stage: Stage) -> Try:
    made = stage.presedens_of(stage.case(), **status("presedensStatus", "F"))
    return Try(Set(made, status("presedensStatus", "G")))


def answered(stage: Stage) -> tuple[Any, Any]:
    case = stage.case()
    question, answer = stage.entry("I", "J", case), stage.entry("U", "J", case)
    stage.made(question, "avskrivning", referanseAvskrivesAvJournalpost=answer["systemID"])
    return question, answer


def tear_question_from_answer(stage: Stage) -> Try:
    question, answer = answered(stage)
    return Try(Move(question, "mappe", stage.case()), [answer])


def tear_answer_from_question(stage: Stage) -> Try:
    question, answer = answered(stage)
    return Try(Move(answer, "mappe", stage.case()), [question])


def move_archived(stage: Stage) -> Try:
    return Try(Move(stage.entry("U", "A"), "mappe", stage.case()))


def write_off_what_is_ours(stage: Stage) -> Try:
    return Try(Make(stage.entry("U", "J"), "avskrivning", {}))


def write_off_note_for_nobody(stage: Stage) -> Try:
    return Try(Make(stage.entry("N", "J"), "avskrivning", {}))


def write_off_note_for_recipient(stage: Stage) -> Try:
    post = stage.entry("N", "J")
    (to,) = (one for one in stage.parts(post) if one["korrespondanseparttype"]["kode"] == "IM")
    body = {"referanseAvskrivesAvKorrespondansepart": to["systemID"]}
    return Try(Make(post, "avskrivning", body))


def undo_writing_off_in_closed_case(stage: Stage) -> Try:
    case = stage.case()
    made = stage.made(stage.entry("I", "A", case), "avskrivning")
    return Try(Remove(made), [stage.closed(case)])


def date_of_what_came_by_way_of_another_kind(stage: Stage) -> Try:
    post = stage.entry("I", "J", mottattDato=SOME, korrespondansepartperson=[part("Ola", "EM")])
    stage.change(post, **status("journalposttype", "U"))
    return Try(Set(post, {"mottattDato": OTHER}))


def date_of_what_came_by_way_of_another_status(stage: Stage) -> Try:
    return Try(Set(stage.entry("I", "E", mottattDato=SOME), {"mottattDato": OTHER}))
