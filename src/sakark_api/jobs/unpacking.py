"""The job that takes an e-mail apart: what it says of itself, and each attachment as a document.

All is written in one transaction, once: whoever is stopped before that has left bytes at most.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from sakark_api.errors import Conflict, Forbidden, Invalid, NotFound
from sakark_api.formats import (
    MOST_DEPTH,
    Attachment,
    EMail,
    Verdict,
    identify,
    read_heads,
    take_apart,
)
from sakark_api.jobs.file import Held, fetched, find_file
from sakark_api.jobs.tools import Tools, in_thread, work_folder
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import (
    VEDLEGG,
    Dokumentbeskrivelse,
    attachments,
    dokumentbeskrivelse,
)
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt, dokumentobjekt
from sakark_api.noark.arkivstruktur.registrering import Registrering, registrering
from sakark_api.noark.bevaring.dokumentkontroll import Found, Kontrolltype, record
from sakark_api.noark.bevaring.epost import (
    Epost,
    Epostvedlegg,
    is_taken_apart,
    keep_mail,
    mails_beside,
)
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.resource import Change, StoredFile
from sakark_api.noark.values import dump_value
from sakark_api.rest.fetching import fetch
from sakark_api.rest.schema import parse_values
from sakark_api.rest.ties import End
from sakark_api.tenancy.kommune import Kommune
from sakark_api.texts import Text, text

__all__ = ["take_email_apart"]

MOST_TOGETHER: Final = 500
"""How many documents may come out of the e-mails of one registrering."""
_MIME: Final = re.compile(r"[a-z0-9.+!#$&^_-]{1,127}/[a-z0-9.+!#$&^_-]{1,127}")
_ANYTHING: Final = "application/octet-stream"

_TAKEN: Final = text(
    "E-postens vedlegg er egne dokumenter i samme registrering; ingenting trenger å gjøres."
)
_REFUSED: Final = text(
    "E-postens vedlegg er ikke blitt egne dokumenter, for arkivet tar ikke imot dem nå. Hent dem ut"
    " av originalen, og registrer dem der det er åpent; under funn står hva som er i veien."
)
_TOO_MANY: Final = text(
    "Så mange vedlegg, eller e-poster inni hverandre, tas ikke ut her. Hent ut dem som trengs av"
    " originalen."
)


@dataclass(frozen=True)
class Part:
    """An attachment whose bytes are in storage."""

    tittel: str
    stored: StoredFile


@dataclass(frozen=True)
class Place:
    """The e-mail's document, and the registreringer that it is in, the oldest first."""

    document: Dokumentbeskrivelse
    entries: Sequence[UUID]


async def take_email_apart(tools: Tools, kommune: int, enhet: UUID) -> None:
    """Register what is attached to an e-mail beside it, and keep what its heads say.

    That the archive does not take it, is written down as a task. Raises what is wrong with us.
    """
    found = await find_file(tools, kommune, enhet)
    if found is None:
        return
    there, held = found
    if await tools.write(there, partial(_is_done, unit_id=enhet)):
        return
    mail = await _read(tools, there, held)
    if mail is None:
        return
    parts = await _store(tools, there, mail)
    writing = partial(_write, tools=tools, unit_id=enhet, mail=mail)
    try:
        kept = await tools.write(there, partial(writing, parts=parts))
    except NotFound:  # the file was deleted meanwhile
        kept = frozenset()
    except (Invalid, Conflict, Forbidden) as error:
        # Other errors may hide a commit that went through: then the bytes stay.
        kept = await tools.write(there, partial(writing, parts=(), refused=error.text))
    for part in parts:
        if part.stored.key not in kept:
            await tools.documents.delete(part.stored.key)


def _is_done(change: Change, unit_id: UUID) -> bool:
    """Tell whether an e-mail is taken apart already, or deleted meanwhile."""
    unit = change.get(Dokumentobjekt, unit_id)
    return unit is None or is_taken_apart(change, unit)


async def _read(tools: Tools, kommune: Kommune, held: Held) -> EMail | None:
    """Take an e-mail apart; None when its bytes have changed, which is a task by now."""
    with work_folder() as folder:
        path = folder / "fil"
        if not await fetched(tools, kommune, held.file, path):
            return None
        return await in_thread(partial(_taken_apart, path, held.filnavn))


def _taken_apart(path: Path, filnavn: str | None) -> EMail:
    return take_apart(path, identify(path, filnavn))


async def _store(tools: Tools, kommune: Kommune, mail: EMail) -> Sequence[Part]:
    """Put the bytes of the attachments that have any in storage; no row names them yet."""
    return [
        Part(
            one.filename or text("Vedlegg {nummer}", nummer=number).to(kommune.maalform),
            await tools.store(kommune, io.BytesIO(one.content), _mime(one), one.filename),
        )
        for number, one in enumerate(mail.attachments, 1)
        if one.content
    ]


def _mime(attached: Attachment) -> str:
    said = (attached.mime or "").strip().lower()
    return said if _MIME.fullmatch(said) else _ANYTHING


def _write(
    change: Change,
    tools: Tools,
    unit_id: UUID,
    mail: EMail,
    parts: Sequence[Part],
    refused: Text | None = None,
) -> frozenset[str]:
    """Write what the e-mail says and register its parts; give the keys in storage that are kept."""
    unit = fetch(change.session, dokumentobjekt, unit_id, for_update=True)
    assert isinstance(unit, Dokumentobjekt)  # noqa: S101  fetched as one
    if unit.destruert is not None or is_taken_apart(change, unit):
        return frozenset()
    beside = mails_beside(change, unit)
    level = _level(beside, unit)
    objection = _objection(beside, level, mail, refused)
    kept: set[str] = set()
    taken = [] if objection else _register(change, tools, unit, parts, kept)
    keep_mail(change, unit, read_heads(mail.headers), level, taken)
    if mail.attachments:
        record(change, unit, objection or _all_well(mail))
    return frozenset(kept)


def _level(beside: Sequence[Epost], unit: Dokumentobjekt) -> int:
    """Count the e-mails that a file has come out of, one after the other."""
    holding = (
        one.nivaa + 1
        for one in beside
        for held in one.vedlegg or ()
        if held.referanse_dokumentobjekt == unit.system_id
    )
    return max(holding, default=0)


def _objection(
    beside: Sequence[Epost], level: int, mail: EMail, refused: Text | None
) -> Found | None:
    """Say why nothing is taken out of the e-mail; None when it is."""
    if refused is not None:
        return _found("avvist", _REFUSED, refused)
    together = sum(len(one.vedlegg or ()) for one in beside) + len(mail.attachments)
    if level < MOST_DEPTH and together <= MOST_TOGETHER:
        return None
    return _found(Verdict.BOMBE, Verdict.BOMBE.text, _TOO_MANY)


def _found(resultat: str, melding: Text, why: Text) -> Found:
    return Found(Kontrolltype.VEDLEGG, str(resultat), melding, krever_handling=True, funn=(why,))


def _all_well(mail: EMail) -> Found:
    """Say that all is taken out that had anything in it."""
    empty = tuple(
        text("Vedlegget {navn} er tomt, og er ikke tatt med.", navn=one.filename or "?")
        for one in mail.attachments
        if not one.content
    )
    return Found(Kontrolltype.VEDLEGG, "tatt_ut", _TAKEN, krever_handling=False, funn=empty)


def _register(
    change: Change, tools: Tools, unit: Dokumentobjekt, parts: Sequence[Part], kept: set[str]
) -> list[Epostvedlegg]:
    """Let each part be a document beside the e-mail; those whose bytes are one already, are that.

    So who sends the attachments too, has each of them once. What is kept, is added to `kept`.
    """
    place = _place_of(change, unit)
    taken = []
    for part in parts:
        file = _same(change, place, part)
        if file is None:
            file = _make(change, tools, place, part)
            kept.add(part.stored.key)
        taken.append(Epostvedlegg(filnavn=part.stored.filnavn, referanse_dokumentobjekt=file))
    return taken


def _place_of(change: Change, unit: Dokumentobjekt) -> Place:
    document = change.get(Dokumentbeskrivelse, unit.dokumentbeskrivelse_ref)
    assert document is not None  # noqa: S101  a foreign key says so
    ties = select(attachments.c.registrering_ref).where(
        attachments.c.dokumentbeskrivelse_ref == document.system_id
    )
    entries = (
        select(Registrering.system_id)
        .where(Registrering.system_id.in_(ties))
        .order_by(Registrering.opprettet_dato, Registrering.system_id)
    )
    return Place(document, change.session.scalars(entries).all())


def _same(change: Change, place: Place, part: Part) -> UUID | None:
    """Find a file of the same registreringer that has the same bytes."""
    documents = select(attachments.c.dokumentbeskrivelse_ref).where(
        attachments.c.registrering_ref.in_(place.entries)
    )
    found = select(Dokumentobjekt.system_id).where(
        Dokumentobjekt.dokumentbeskrivelse_ref.in_(documents),
        Dokumentobjekt.sjekksum == part.stored.sha256,
        Dokumentobjekt.lagringsnoekkel.is_not(None),
    )
    return change.session.scalars(found.order_by(Dokumentobjekt.opprettet_dato).limit(1)).first()


def _make(change: Change, tools: Tools, place: Place, part: Part) -> UUID:
    """Make a document of a part in every registrering that the e-mail is in, with its file."""
    first, *others = place.entries
    offer = next(one for one in CATALOG.offers(registrering) if one.made is dokumentbeskrivelse)
    body = parse_values(tools.schemas.making(dokumentbeskrivelse), _body(place.document, part))
    made = tools.commands.make(change, dokumentbeskrivelse, body, (registrering, first), offer)
    here = End(dokumentbeskrivelse, made.system_id)
    relation = next(one for one in CATALOG.relations(dokumentbeskrivelse) if one.tie is offer.tie)
    for entry in others:
        tools.commands.ties.add(change, relation, here, End(registrering, entry))
    door = CATALOG.takes_files(dokumentbeskrivelse)
    assert door is not None  # noqa: S101  its versions are files
    return tools.commands.receive_file(
        change, dokumentbeskrivelse, made.system_id, door, part.stored
    )


def _body(document: Dokumentbeskrivelse, part: Part) -> dict[str, Any]:
    """Say what the document of a part is: screened and graded as the e-mail's own is."""
    body: dict[str, Any] = {
        "tittel": part.tittel,
        "tilknyttetRegistreringSom": {"kode": VEDLEGG},
    }
    if document.skjerming is not None and document.skjerming_egen:
        body["skjerming"] = dump_value(document.skjerming)
    if document.gradering is not None:
        body["gradering"] = dump_value(document.gradering)
    return body
