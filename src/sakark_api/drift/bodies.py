"""What the operator sends and gets: plain JSON, with the registry's own names."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from sakark_api.noark.values import Tekst
from sakark_api.rest.schema import Body
from sakark_api.tenancy.bruk import Bruk
from sakark_api.tenancy.driftslogg import DriftsloggRow
from sakark_api.tenancy.kommune import IssuerEntry, IssuerRow, KommuneRow
from sakark_api.tenancy.opsjoner import Options, Period

__all__ = [
    "BODIES",
    "BrukAnswer",
    "BrukListAnswer",
    "EndreKommune",
    "Innlogging",
    "InnloggingListe",
    "JobbAnswer",
    "JobbListAnswer",
    "KommuneAnswer",
    "KommuneListAnswer",
    "LoggAnswer",
    "LoggListAnswer",
    "NyKommune",
    "NySandkasse",
    "NyStatus",
    "OpsjonListAnswer",
    "Periode",
    "SandkasseAnswer",
    "SandkasseListAnswer",
]

Short = Annotated[Tekst, Field(max_length=200)]
Long = Annotated[Tekst, Field(max_length=2000)]


class Sent(Body):
    """Base of what the operator sends."""

    model_config = ConfigDict(alias_generator=None, populate_by_name=False, extra="forbid")


class NyKommune(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"slug": "molde", "navn": "Molde kommune", "kommunenummer": "1506"},
            ]
        }
    )
    slug: Short = Field(description="Kortnavnet i adressene: små bokstaver, tall og bindestrek")
    navn: Short = Field(description="Kommunens navn")
    kommunenummer: Short = Field(description="Fire siffer")
    organisasjonsnummer: Short | None = Field(default=None, description="Ni siffer")
    maalform: Short = Field(default="nb", description="nb eller nn")


class EndreKommune(Sent):
    navn: Short = Field(default="", description="Kommunens navn")
    kommunenummer: Short = Field(default="", description="Nytt nummer; det gamle huskes")
    organisasjonsnummer: Short | None = Field(default=None, description="Ni siffer; null fjerner")
    maalform: Short = Field(default="", description="nb eller nn")
    offentlig_journal: int | None = Field(
        default=None,
        description="Virkedager før en journalpost er i offentlig journal; null for ingen journal",
    )


class NyStatus(Sent):
    status: Short = Field(description="forberedelse, prøvedrift, drift eller avsluttet")
    begrunnelse: Long = Field(description="Hvorfor; kommer i driftsloggen")


class Innlogging(Sent):
    """En innloggingstjeneste (OIDC) som kommunen godtar token fra."""

    issuer: Short = Field(description="Utstederen (iss), til punkt og prikke")
    audience: Short = Field(default="sakark", description="Hvem tokenet skal være for (aud)")
    discovery_url: Short | None = Field(
        default=None, description="Beskrivelsen av tjenesten, når den ikke er på vanlig sted"
    )
    jwks_uri: Short | None = Field(default=None, description="Nøklene, når de ikke skal finnes")
    kommune_claim: Short = Field(default="kommune", description="Hvor tokenet nevner kommunen")
    role_claim: Short = Field(default="roles", description="Hvor tokenet nevner roller")
    role_values: dict[Short, Short] = Field(
        description="Verdi i tokenet → rolle", examples=[{"ARKIV_SB": "saksbehandler"}]
    )

    def entry(self) -> IssuerEntry:
        return IssuerEntry(**self.model_dump())

    @classmethod
    def of(cls, row: IssuerRow) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class InnloggingListe(Sent):
    innlogging: Annotated[list[Innlogging], Field(max_length=20)] = Field(
        description="Alle innloggingstjenestene; de som utelates, fjernes"
    )


class Periode(Sent):
    fra: date = Field(description="Første dag")
    til: date | None = Field(default=None, description="Siste dag; uten den til videre")

    @classmethod
    def of(cls, period: Period) -> Self:
        return cls(fra=period.fra, til=period.til)


class NySandkasse(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"for": "molde", "saker": 20, "dager": 14}]}
    )
    kommune: Short = Field(alias="for", description="Kommunen som får logge inn i sandkassen")
    saker: Annotated[int, Field(strict=True, ge=1, le=500)] = Field(
        default=20, description="Antall oppdiktede saker"
    )
    dager: Annotated[int, Field(strict=True, ge=1, le=90)] = Field(
        default=14, description="Antall dager til sandkassen utløper"
    )
    maalform: Short | None = Field(default=None, description="nb eller nn; ellers kommunens")


class Answer(BaseModel):
    """Base of what the operator gets."""


class KommuneAnswer(Answer):
    slug: str = Field(description="Kortnavnet i adressene")
    navn: str = Field(description="Kommunens navn")
    kommunenummer: str = Field(description="Fire siffer")
    tidligere_kommunenummer: list[str] = Field(description="Numre kommunen har hatt")
    organisasjonsnummer: str | None = Field(description="Ni siffer")
    maalform: str = Field(description="nb eller nn")
    offentlig_journal: int | None = Field(
        description="Virkedager før en journalpost er i offentlig journal; null: ingen journal"
    )
    status: str = Field(description="Hvor kommunen er i livsløpet")
    kan_bli: list[str] = Field(description="Tilstandene kommunen kan gå til herfra")
    opsjoner: list[str] = Field(description="Opsjonene kommunen har i dag")

    @classmethod
    def of(cls, row: KommuneRow, next_states: list[str], options: list[str]) -> Self:
        return cls(
            slug=row.slug,
            navn=row.navn,
            kommunenummer=row.kommunenummer,
            tidligere_kommunenummer=row.tidligere_kommunenummer,
            organisasjonsnummer=row.organisasjonsnummer,
            maalform=row.maalform,
            offentlig_journal=row.offentlig_journal,
            status=row.status,
            kan_bli=next_states,
            opsjoner=options,
        )


class KommuneListAnswer(Answer):
    count: int = Field(description="Antall")
    results: list[KommuneAnswer] = Field(description="Kommunene, etter kortnavn")


class OpsjonListAnswer(Answer):
    opsjoner: dict[str, list[Periode]] = Field(description="Periodene til hver opsjon")

    @classmethod
    def of(cls, options: Options) -> Self:
        found = {name: [Periode.of(one) for one in periods] for name, periods in options.items()}
        return cls(opsjoner=found)


class BrukAnswer(Answer):
    kommune: str = Field(description="Kortnavnet")
    navn: str = Field(description="Kommunens navn")
    kommunenummer: str = Field(description="Fire siffer")
    maaned: str = Field(description="Måneden, som 2026-11")
    aktive: int = Field(description="Aktive brukere i måneden")
    personer: int = Field(description="Av dem personer")
    systemer: int = Field(description="Av dem systemer")
    opsjoner: list[str] = Field(description="Opsjonene som gjaldt minst én dag i måneden")

    @classmethod
    def of(cls, bruk: Bruk) -> Self:
        return cls(
            kommune=bruk.kommune,
            navn=bruk.navn,
            kommunenummer=bruk.kommunenummer,
            maaned=f"{bruk.maaned:%Y-%m}",
            aktive=bruk.aktive,
            personer=bruk.personer,
            systemer=bruk.systemer,
            opsjoner=list(bruk.opsjoner),
        )


class BrukListAnswer(Answer):
    count: int = Field(description="Antall linjer")
    results: list[BrukAnswer] = Field(description="En linje for hver kommune og måned")


class SandkasseAnswer(Answer):
    slug: str = Field(description="Kortnavnet i adressene")
    navn: str = Field(description="Sandkassens navn")
    kommunenummer: str = Field(description="Et nummer som ingen kommune har")
    kommune: str = Field(
        serialization_alias="for", description="Kommunen hvis brukere kan logge inn"
    )
    status: str = Field(description="drift når sandkassen er ferdig laget")
    maalform: str = Field(description="nb eller nn")
    utloeper: datetime = Field(description="Når sandkassen kastes")
    adresse: str = Field(description="Sandkassens rot")


class SandkasseListAnswer(Answer):
    count: int = Field(description="Antall")
    results: list[SandkasseAnswer] = Field(description="Sandkassene; den som utløper først, først")


class LoggAnswer(Answer):
    id: int = Field(description="Linjens nummer")
    tidspunkt: datetime = Field(description="Når det ble gjort")
    issuer: str | None = Field(description="Hvem som går god for den som gjorde det")
    subject: str = Field(description="Den som gjorde det, hos utstederen eller på maskinen")
    navn: str = Field(description="Navnet til den som gjorde det")
    hendelse: str = Field(description="Hva som ble gjort")
    kommune: str | None = Field(description="Kommunen det gjelder")
    detaljer: dict[str, Any] = Field(description="Hva som ble endret")

    @classmethod
    def of(cls, row: DriftsloggRow) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class LoggListAnswer(Answer):
    results: list[LoggAnswer] = Field(description="Linjene, den nyeste først")
    neste: str | None = Field(description="Adressen til neste side; null på den siste")


class JobbAnswer(Answer):
    id: int = Field(description="Jobbens nummer")
    jobb: str = Field(description="Hva slags jobb det er")
    kommune: str | None = Field(description="Kortnavnet til kommunen den gjelder")
    enhet: UUID | None = Field(description="Enheten den gjelder, ved systemID")
    feil: str | None = Field(description="Hva slags feil den siste var")
    forsoek: int = Field(description="Hvor mange ganger den er prøvd på nytt")
    tidspunkt: datetime | None = Field(description="Når den ble gitt opp")


class JobbListAnswer(Answer):
    count: int = Field(description="Antall")
    results: list[JobbAnswer] = Field(description="Jobbene, den eldste først")


BODIES: tuple[type[BaseModel], ...] = (
    NyKommune,
    EndreKommune,
    NyStatus,
    InnloggingListe,
    Periode,
    NySandkasse,
    KommuneAnswer,
    KommuneListAnswer,
    OpsjonListAnswer,
    BrukListAnswer,
    SandkasseAnswer,
    SandkasseListAnswer,
    LoggListAnswer,
    JobbListAnswer,
)
