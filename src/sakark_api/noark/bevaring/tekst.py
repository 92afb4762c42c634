"""What files say, kept for search: read when they come in, and of those that came before."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.arkivstruktur.dokumenttekst import Dokumenttekst
from sakark_api.noark.bevaring.dokumentkontroll import Found, Kontrolltype, record
from sakark_api.noark.resource import Change
from sakark_api.texts import Text, text

__all__ = ["READING", "keep_text", "keep_unread", "note_try", "unread_files"]

READING: Final = "les_dokument"
"""The job that reads what a file says."""
_OWN: Final = timedelta(days=1)
"""For so long a new file is left to its own examination, which reads it too."""
_AGAIN: Final = timedelta(days=30)
_UNREAD: Final = text(
    "Teksten i filen kunne ikke leses, så søk finner den bare på tittel og filnavn. Det prøves"
    " igjen om en måned."
)


def keep_text(change: Change, unit: Dokumentobjekt, tekst: str) -> None:
    """Keep what a file says, in place of what it was found to say before."""
    _keep(change, unit, tekst)


def note_try(change: Change, unit: Dokumentobjekt) -> None:
    """Remember that a file is being read: one that kills who reads it, waits its month too."""
    _keep(change, unit, None)


def keep_unread(change: Change, unit: Dokumentobjekt, why: Text) -> None:
    """Remember that a file could not be read, and tell why in a dokumentkontroll, once.

    What it was found to say before, it says still.
    """
    _keep(change, unit, None)
    found = Found(Kontrolltype.TEKST, "ulest", _UNREAD, krever_handling=False, funn=(why,))
    record(change, unit, found, once=True)


def _keep(change: Change, unit: Dokumentobjekt, tekst: str | None) -> None:
    said = {"lest_dato": change.now} if tekst is None else {"lest_dato": change.now, "tekst": tekst}
    row = insert(Dokumenttekst).values(
        tenant_id=unit.tenant_id,
        system_id=unit.system_id,
        opprettet_dato=unit.opprettet_dato,
        **said,
    )
    key = [Dokumenttekst.tenant_id, Dokumenttekst.system_id]
    change.session.execute(row.on_conflict_do_update(index_elements=key, set_=said))


def unread_files(now: datetime) -> Select[Any]:
    """Select the files that nobody has read, or tried to this month; the newest first."""
    is_read = exists().where(
        Dokumenttekst.tenant_id == Dokumentobjekt.tenant_id,
        Dokumenttekst.system_id == Dokumentobjekt.system_id,
        or_(Dokumenttekst.tekst.is_not(None), Dokumenttekst.lest_dato >= now - _AGAIN),
    )
    return (
        select(Dokumentobjekt.system_id)
        .where(
            Dokumentobjekt.lagringsnoekkel.is_not(None),
            Dokumentobjekt.opprettet_dato < now - _OWN,
            ~is_read,
        )
        .order_by(Dokumentobjekt.opprettet_dato.desc())
    )
