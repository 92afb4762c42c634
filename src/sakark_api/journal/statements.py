"""The statements of journals: which entries there are, and how the database writes them.

A page is one statement of one row: how many entries there are, and those of the page, written.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, TSQUERY, aggregate_order_by
from sqlalchemy.types import BigInteger

from sakark_api.db.reader import Statement
from sakark_api.deponering.element import inside, is_one_of, markup, plain, rows_of
from sakark_api.deponering.innsyn import Innsyn
from sakark_api.deponering.journaler import is_primary, loepende, offentlig
from sakark_api.journal.asked import Form
from sakark_api.journal.innsyn import Lest, Publisert
from sakark_api.noark.arkivstruktur.klasse import klasse
from sakark_api.noark.arkivstruktur.korrespondansepart import korrespondansepart
from sakark_api.noark.arkivstruktur.mappe import mappe
from sakark_api.noark.arkivstruktur.registrering import registrering
from sakark_api.noark.attribute import kode_of
from sakark_api.noark.sakarkiv.avskrivning import avskrivning
from sakark_api.noark.sakarkiv.journalpost import SENT, journalpost
from sakark_api.rest.queries import Queries
from sakark_api.rest.screening import is_screened
from sakark_api.rest.tenant import same_kommune

__all__ = ["published_page", "published_twice", "running_page"]

Written = ColumnElement[Any]
Write = Callable[[FromClause], Written]
"""Writes an entry."""

_KINDS_OF_CALLERS: Final = 16
"""Those with and without clearance, and with and without limits to what they reach, by form."""
_MOMENT: Final = DateTime(timezone=True)


@lru_cache(maxsize=_KINDS_OF_CALLERS)
def running_page(queries: Queries, form: Form) -> Statement:
    """Find a page of the entries that a caller sees: antall, innfoeringer, skjermet and saker.

    `skjermet` are those that are screened, and `saker` the screened cases that they are in, by
    systemID. Values: those of the caller, of `Asked`, and `base`.
    """
    rows = rows_of(registrering)
    where = [
        *queries.family(journalpost).of_kind(journalpost, rows),
        *_in_period(rows),
        _of_unit(rows, Lest(queries, rows)),
    ]

    def write(entry: FromClause) -> Written:
        innsyn = Lest(queries, entry)
        return loepende(entry, innsyn) if form is Form.XML else _running(entry, innsyn)

    page = _page(rows, where, write)
    screened = func.jsonb_agg(page.c.system_id).filter(page.c.skjermet)
    cases = func.jsonb_agg(page.c.mappe_ref.distinct()).filter(page.c.i_skjermet)
    return _compiled(page, rows, where, form, screened.label("skjermet"), cases.label("saker"))


@lru_cache(maxsize=len(Form))
def published_page(form: Form) -> Statement:
    """Find a page of the public journal: antall and innfoeringer.

    Values: those of `Asked`, `published`, when what is not published yet begins, and `old`, before
    which names of persons are not told.
    """
    rows = rows_of(registrering)
    innsyn = Publisert(rows, _is_old(rows))
    where = [*_published(rows), _of_unit(rows, innsyn), _has_words(rows, innsyn)]

    def write(entry: FromClause) -> Written:
        innsyn = Publisert(entry, _is_old(entry))
        return offentlig(entry, innsyn) if form is Form.XML else _public(entry, innsyn)

    return _compiled(_page(rows, where, write), rows, where, form)


def published_twice() -> Select[Any]:
    """Select the public journal's entries in order, each without names of persons and with them.

    Values: since, until, published and old.
    """
    rows = rows_of(registrering)
    return (
        select(
            _public(rows, Publisert(rows, true())), _public(rows, Publisert(rows, _is_old(rows)))
        )
        .where(*_published(rows))
        .order_by(rows.c.journalaar, rows.c.journalsekvensnummer)
    )


def _page(rows: FromClause, where: list[ColumnElement[bool]], write: Write) -> CTE:
    """Find the entries of a page by what is small in them, and write each of those."""
    found = (
        select(rows.c.system_id, rows.c.journalaar, rows.c.journalsekvensnummer)
        .where(*where)
        .order_by(rows.c.journalaar, rows.c.journalsekvensnummer)
        .limit(bindparam("top", type_=Integer()))
        .offset(bindparam("skip", type_=BigInteger()))
        .cte("found")
    )
    entry, case_ = rows_of(registrering), rows_of(mappe)
    in_screened = (
        select(true())
        .where(
            same_kommune(case_),
            case_.c.system_id == entry.c.mappe_ref,
            is_screened(mappe, case_),
        )
        .correlate(entry)
        .exists()
    )
    return (
        select(
            entry.c.system_id,
            entry.c.mappe_ref,
            entry.c.journalaar,
            entry.c.journalsekvensnummer,
            write(entry).label("innfoering"),
            is_screened(registrering, entry).label("skjermet"),
            in_screened.label("i_skjermet"),
        )
        .select_from(
            found.join(entry, and_(same_kommune(entry), entry.c.system_id == found.c.system_id))
        )
        .cte("page")
    )


def _compiled(
    page: CTE,
    rows: FromClause,
    where: list[ColumnElement[bool]],
    form: Form,
    *more: ColumnElement[Any],
) -> Statement:
    count = select(func.count()).select_from(rows).where(*where).scalar_subquery()
    ordered = aggregate_order_by(page.c.innfoering, page.c.journalaar, page.c.journalsekvensnummer)
    if form is Form.XML:
        joined = func.coalesce(
            func.string_agg(
                page.c.innfoering,
                aggregate_order_by(markup("\n"), page.c.journalaar, page.c.journalsekvensnummer),
            ),
            markup(""),
        )
    else:
        joined = func.coalesce(func.json_agg(ordered, type_=JSON()), _json("[]"), type_=JSON())
    return Statement.compile(
        select(count.label("antall"), joined.label("innfoeringer"), *more).select_from(page)
    )


def _in_period(rows: FromClause) -> list[ColumnElement[bool]]:
    since, until = (bindparam(one, type_=_MOMENT) for one in ("since", "until"))
    return [rows.c.journaldato >= since, rows.c.journaldato < until]


def _published(rows: FromClause) -> list[ColumnElement[bool]]:
    """Say that an entry is in the public journal: journalled, and long enough ago.

    What is entered late waits as long as what is entered at once.
    """
    published = bindparam("published", type_=_MOMENT)
    return [
        same_kommune(rows),
        rows.c.type == markup(journalpost.name),
        is_one_of(kode_of(rows.c.journalstatus), sorted(SENT)),
        *_in_period(rows),
        rows.c.journaldato < published,
        rows.c.opprettet_dato < published,
    ]


def _is_old(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.journaldato < bindparam("old", type_=_MOMENT)


def _of_unit(rows: FromClause, innsyn: Innsyn) -> ColumnElement[bool]:
    """Say that the case of an entry is of the administrative unit that is asked for, if one is."""
    asked: ColumnElement[Any] = bindparam("enhet", type_=Text())
    above = rows_of(mappe)
    told = (
        select(true())
        .where(
            same_kommune(above),
            above.c.system_id == rows.c.mappe_ref,
            innsyn.text(mappe, "administrativ_enhet", above) == asked,
        )
        .correlate(rows)
        .exists()
    )
    return or_(asked.is_(None), told)


def _has_words(rows: FromClause, innsyn: Innsyn) -> ColumnElement[bool]:
    """Say that the title that is told has the words that are asked for, if any are.

    Words of what is old are not asked for: nobody can tell which of them are names. All words of
    the row are looked at first, which is quick, and can leave out none that is told of: nothing
    that is asked for is "not this word".
    """
    asked: ColumnElement[Any] = bindparam("words", type_=Text())
    words = select(func.sakark_read_words(asked, type_=TSQUERY())).scalar_subquery()
    told = func.to_tsvector(
        literal_column("'norwegian'::regconfig"), innsyn.text(registrering, "tittel", rows)
    )
    has = and_(not_(_is_old(rows)), _matches(rows.c.sok, words), _matches(told, words))
    return or_(asked.is_(None), has)


def _matches(held: ColumnElement[Any], words: ColumnElement[Any]) -> ColumnElement[bool]:
    return held.bool_op("@@")(words)


def _running(entry: FromClause, innsyn: Innsyn) -> Written:
    """Write an entry as one who sees it is told of it."""
    address = bindparam("base", type_=Text()).concat(markup("sakarkiv/journalpost/"))
    href = address.concat(cast(entry.c.system_id, Text())).concat(markup("/"))
    link = _object({"href": href})
    return _object(
        {
            **_numbers(entry),
            "journalstatus": entry.c.journalstatus,
            "tittel": innsyn.text(registrering, "tittel", entry),
            "offentligTittel": entry.c.offentlig_tittel,
            **_days(entry, innsyn),
            "antallVedlegg": entry.c.antall_vedlegg,
            "journalenhet": entry.c.journalenhet,
            **_grounds(entry),
            **_around(entry, innsyn),
            "_links": _object({"self": link, journalpost.rel: link}),
        }
    )


def _public(entry: FromClause, innsyn: Innsyn) -> Written:
    """Write an entry as everybody is told of it."""
    return _object(
        {
            **_numbers(entry),
            "offentligTittel": innsyn.text(registrering, "tittel", entry),
            **_days(entry, innsyn),
            **_grounds(entry),
            **_around(entry, innsyn, public=True),
        }
    )


Members = Mapping[str, ColumnElement[Any]]


def _numbers(entry: FromClause) -> Members:
    return {
        "systemID": cast(entry.c.system_id, Text()),
        "registreringsID": entry.c.registrerings_id,
        "journalaar": entry.c.journalaar,
        "journalsekvensnummer": entry.c.journalsekvensnummer,
        "journalpostnummer": entry.c.journalpostnummer,
        "journalposttype": entry.c.journalposttype,
    }


def _days(entry: FromClause, innsyn: Innsyn) -> Members:
    told = innsyn.tells(registrering, entry)
    return {
        "journaldato": _day(entry.c.journaldato),
        "dokumentetsDato": case((told, _day(entry.c.dokumentets_dato))),
        "avskrivning": case((told, _written_off(entry))),
    }


def _grounds(rows: FromClause) -> Members:
    """Give why something is not public."""
    skjerming, gradering = (
        type_coerce(rows.c[name], JSONB()) for name in ("skjerming", "gradering")
    )
    return {
        "tilgangsrestriksjon": inside(skjerming, "tilgangsrestriksjon"),
        "skjermingshjemmel": plain(skjerming, "skjermingshjemmel"),
        "grad": inside(gradering, "graderingskode"),
    }


def _around(entry: FromClause, innsyn: Innsyn, *, public: bool = False) -> Members:
    """Give what an entry is in, and its correspondents."""
    return {
        "klasse": _klasse(entry, innsyn),
        "saksmappe": _case(entry, innsyn, public=public),
        "korrespondansepart": _correspondents(entry, innsyn),
    }


def _klasse(entry: FromClause, innsyn: Innsyn) -> Written:
    rows = rows_of(klasse)
    told = _object(
        {
            "klasseID": innsyn.text(klasse, "klasse_id", rows),
            "tittel": innsyn.text(klasse, "tittel", rows),
        }
    )
    is_filed = and_(same_kommune(rows), is_primary(rows, entry), innsyn.tells(klasse, rows))
    return select(told).where(is_filed).correlate(entry).scalar_subquery()


def _case(entry: FromClause, innsyn: Innsyn, *, public: bool) -> Written:
    rows = rows_of(mappe)
    titles = (
        {"offentligTittel": innsyn.text(mappe, "tittel", rows)}
        if public
        else {
            "tittel": innsyn.text(mappe, "tittel", rows),
            "offentligTittel": innsyn.text(mappe, "offentlig_tittel", rows),
        }
    )
    told = _object(
        {
            "systemID": cast(rows.c.system_id, Text()),
            "mappeID": rows.c.mappe_id,
            "saksaar": rows.c.saksaar,
            "sakssekvensnummer": rows.c.sakssekvensnummer,
            **titles,
            "administrativEnhet": innsyn.text(mappe, "administrativ_enhet", rows),
            "saksansvarlig": innsyn.text(mappe, "saksansvarlig", rows),
        }
    )
    is_above = and_(same_kommune(rows), rows.c.system_id == entry.c.mappe_ref)
    return select(told).where(is_above).correlate(entry).scalar_subquery()


def _correspondents(entry: FromClause, innsyn: Innsyn) -> Written:
    rows = rows_of(korrespondansepart)
    told = _object(
        {
            "korrespondanseparttype": rows.c.korrespondanseparttype,
            "korrespondansepartNavn": innsyn.name(rows),
        }
    )
    of_entry = and_(same_kommune(rows), rows.c.registrering_ref == entry.c.system_id)
    listed = func.json_agg(aggregate_order_by(told, rows.c.system_id), type_=JSON())
    return (
        select(func.coalesce(listed, _json("[]"), type_=JSON()))
        .where(of_entry)
        .correlate(entry)
        .scalar_subquery()
    )


def _written_off(entry: FromClause) -> Written:
    """Give how an entry was first written off."""
    rows = rows_of(avskrivning)
    told = _object(
        {
            "avskrivningsdato": _day(rows.c.avskrivningsdato),
            "avskrivningsmaate": rows.c.avskrivningsmaate,
        }
    )
    return (
        select(told)
        .where(same_kommune(rows), rows.c.journalpost_ref == entry.c.system_id)
        .order_by(rows.c.avskrivningsdato, rows.c.system_id)
        .limit(literal_column("1"))
        .correlate(entry)
        .scalar_subquery()
    )


def _day(moment: ColumnElement[Any]) -> ColumnElement[str]:
    return cast(cast(moment, Date()), Text())


def _json(written: str) -> ColumnElement[Any]:
    return literal_column(f"'{written}'::json", JSON())


def _object(members: Members) -> Written:
    """Write an object; what is null is not in it."""
    pairs = [part for name, value in members.items() for part in (markup(name), value)]
    return func.json_strip_nulls(func.json_build_object(*pairs), type_=JSON())
