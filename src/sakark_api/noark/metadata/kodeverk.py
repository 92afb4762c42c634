"""A kommune's code lists as they are now: what codes are called and which still may be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sakark_api.errors import Invalid
from sakark_api.noark.metadata.kodeliste import KODELISTER
from sakark_api.texts import text

__all__ = ["Felt", "Kodeverdi", "Kodeverk"]


@dataclass(frozen=True)
class Kodeverdi:
    """One value of a code list."""

    kode: str
    kodenavn: str
    utdatert: datetime | None = None


@dataclass(frozen=True)
class Felt:
    """One of the kommune's own fields (VirksomhetsspesifikkeMetadata)."""

    navn: str
    type: str
    utdatert: datetime | None = None


@dataclass(frozen=True)
class Kodeverk:
    """All values of all code lists of one kommune, `lists[name][kode]`, and its own fields."""

    lists: Mapping[str, Mapping[str, Kodeverdi]]
    felter: Mapping[str, Felt] = field(default_factory=dict)

    def felt(self, navn: str, now: datetime) -> Felt:
        """Give a field by its full name; refuse one that is unknown or expired (GUIDE 13)."""
        known = self.felter.get(navn)
        if known is None:
            raise Invalid(
                text(
                    "Feltet «{navn}» er ikke definert. Se metadata/virksomhetsspesifikkeMetadata/.",
                    navn=navn[:100],
                )
            )
        if known.utdatert is not None and known.utdatert <= now:
            raise Invalid(text("Feltet «{navn}» er utdatert. Utelat det.", navn=navn))
        return known

    def name_of(self, codelist: str, kode: str, kodenavn: str | None, now: datetime) -> str:
        """Give a code's name; refuse an unknown or expired code, and a name of another code."""
        title = KODELISTER[codelist].title
        known = self.lists.get(codelist, {}).get(kode)
        if known is None:
            raise Invalid(
                text(
                    "Koden «{kode}» finnes ikke i kodelisten {liste}. Se metadata/{adresse}/ for"
                    " gyldige koder.",
                    kode=kode,
                    liste=title,
                    adresse=codelist,
                )
            )
        if known.utdatert is not None and known.utdatert <= now:
            raise Invalid(
                text(
                    "Koden «{kode}» i kodelisten {liste} er utdatert. Velg en annen kode.",
                    kode=kode,
                    liste=title,
                )
            )
        if kodenavn is not None and kodenavn != known.kodenavn:
            raise Invalid(
                text(
                    "Koden «{kode}» i kodelisten {liste} heter «{navn}». Rett eller utelat"
                    " kodenavnet.",
                    kode=kode,
                    liste=title,
                    navn=known.kodenavn,
                )
            )
        return known.kodenavn
