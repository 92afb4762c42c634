"""An entry of a journal as programs of ours read it, of the JSON that the database writes."""

from datetime import date

import msgspec

__all__ = ["Avskrevet", "Innfoering", "Klasse", "Kodet", "Part", "Sak"]


class Kodet(msgspec.Struct):
    """A code."""

    kode: str
    kodenavn: str = ""

    @property
    def name(self) -> str:
        return self.kodenavn or self.kode


class Avskrevet(msgspec.Struct):
    """How an entry was written off."""

    avskrivningsmaate: Kodet
    avskrivningsdato: date | None = None


class Klasse(msgspec.Struct, rename={"klasse_id": "klasseID"}):
    """The klasse of an entry."""

    klasse_id: str = ""
    tittel: str = ""


class Sak(msgspec.Struct, rename="camel"):
    """The case that an entry is in."""

    saksaar: int
    sakssekvensnummer: int
    tittel: str = ""
    offentlig_tittel: str = ""
    administrativ_enhet: str = ""
    saksansvarlig: str = ""
    system_id: str = msgspec.field(name="systemID", default="")
    mappe_id: str = msgspec.field(name="mappeID", default="")


class Part(msgspec.Struct, rename="camel"):
    """Who an entry is from or to."""

    korrespondanseparttype: Kodet
    korrespondansepart_navn: str = ""


class Innfoering(msgspec.Struct, rename="camel"):
    """An entry."""

    system_id: str = msgspec.field(name="systemID")
    journalaar: int
    journalsekvensnummer: int
    journalpostnummer: int
    journalposttype: Kodet
    journaldato: date
    saksmappe: Sak
    korrespondansepart: list[Part]
    registrerings_id: str = msgspec.field(name="registreringsID", default="")
    tittel: str = ""
    offentlig_tittel: str = ""
    dokumentets_dato: date | None = None
    avskrivning: Avskrevet | None = None
    klasse: Klasse | None = None
    tilgangsrestriksjon: Kodet | None = None
    skjermingshjemmel: str = ""
    grad: Kodet | None = None
