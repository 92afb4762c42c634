"""What goes over the wire: bodies read by pydantic, units written by msgspec, both derived."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from math import ceil
from typing import Annotated, Any, TypeVar, Union
from uuid import UUID

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from sakark_api.errors import Invalid
from sakark_api.noark.attribute import BoundAttribute, SetBy
from sakark_api.noark.exact import read_json
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Catalog
from sakark_api.noark.values import (
    NORWAY,
    STANDARD_TIME,
    Exact,
    Flag,
    Number,
    Ref,
    Tekst,
    Tidspunkt,
    is_blank,
    refusal,
    wire_time,
)
from sakark_api.texts import Text, joined, text

__all__ = [
    "FILE_ADDRESS",
    "Body",
    "Schemas",
    "UnitWriter",
    "decode",
    "foreign_offset",
    "parse",
    "parse_values",
]

FILE_ADDRESS = "referanseDokumentfil"
_SHOWN_PROBLEMS = 5


class Body(BaseModel):
    """Base of the bodies clients send: our names inside, the standard's on the wire."""

    model_config = ConfigDict(alias_generator=to_wire, populate_by_name=False, extra="forbid")


B = TypeVar("B", bound=Body)


def _blank_is_missing(value: object) -> object:
    """Take what cannot be seen as not given (chapter 12)."""
    if isinstance(value, str):
        return None if is_blank(value) else value
    return value


def _empty_is_missing(value: object) -> object:
    """Take an empty list as not given."""
    return None if value == [] else value


def _null_is_missing(value: object) -> object:
    """Take what is null in an object as not given, and so too an object with nothing else."""
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if one is not None} or None
    return value


def _missing(attribute: BoundAttribute) -> BeforeValidator:
    """Give what takes an attribute's empty values as not given."""
    if attribute.many:
        return BeforeValidator(_empty_is_missing)
    return BeforeValidator(_null_is_missing if attribute.python is dict else _blank_is_missing)


_TYPES: Mapping[type[Any], Any] = {
    str: Tekst,
    int: Number,
    bool: Flag,
    Decimal: Exact,
    dict: dict[str, Any],
    datetime: Tidspunkt,
    UUID: Ref,
}
_LONG = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]


def _field_type(attribute: BoundAttribute) -> Any:
    one = attribute.python if attribute.is_value else _TYPES[attribute.python]
    if attribute.long:
        one = _LONG
    return list[one] if attribute.many else one  # type: ignore[valid-type]  # built at run time


class Schemas:
    """The bodies of every resource: as it is made, and as it is changed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._bodies: dict[str, type[Body]] = {}

    def making(self, resource: Resource[Any]) -> type[Body]:
        """Give the body that makes a unit, with its compositions inside."""
        return self._body(resource, "Ny", lambda: [*self._fields(resource), *self._parts(resource)])

    def changing(self, resource: Resource[Any]) -> type[Body]:
        """Give the body of a whole unit as it is changed; children change by themselves."""
        return self._body(resource, "", lambda: self._fields(resource))

    def extending(self, resource: Resource[Any]) -> type[Body]:
        """Give the body that makes a unit one of this kind: what is left out stays as it is."""
        return self._body(resource, "Utvidelse", lambda: self._fields(resource, whole=False))

    def _body(
        self,
        resource: Resource[Any],
        ending: str,
        fields: Callable[[], Iterable[tuple[str, Any]]],
    ) -> type[Body]:
        name = f"{resource.model.__name__}{ending}"
        if name not in self._bodies:
            self._bodies[name] = create_model(
                name, __base__=Body, __doc__=resource.model.__doc__, **dict(fields())
            )
        return self._bodies[name]

    def _fields(self, resource: Resource[Any], *, whole: bool = True) -> Iterator[tuple[str, Any]]:
        for one in resource.attributes:
            spec = one.spec
            about: dict[str, Any] = {"x-noark": spec.number} if spec.number else {}
            if spec.codelist:
                about["x-kodeliste"] = spec.codelist.name
            if spec.set_by is SetBy.CORE:
                about["readOnly"] = True
            described: dict[str, Any] = {
                "description": str(spec.description),
                "json_schema_extra": about or None,
            }
            if spec.required and whole:
                yield one.name, (_field_type(one), Field(**described))
            else:
                optional: Any = Annotated[_field_type(one) | None, _missing(one)]
                yield one.name, (optional, Field(default=None, **described))
        if resource.file:
            described = {
                "description": str(text("Adressen der filen hentes")),
                "json_schema_extra": {"x-noark": "M218", "readOnly": True},
            }
            yield "referanse_dokumentfil", (str | None, Field(default=None, **described))
        links = Field(
            default=None, alias="_links", description=str(text("Lenker; brukes ikke inn"))
        )
        yield "links", (dict[str, Any] | None, links)

    def _parts(self, resource: Resource[Any]) -> Iterator[tuple[str, Any]]:
        for name, offers in self._catalog.owned(resource).items():
            kinds = {offer.made.name: self.making(offer.made) for offer in offers}
            one: Any = Union[tuple(kinds.values())]  # noqa: UP007  known only at run time
            if len(kinds) > 1:
                one = Annotated[one, BeforeValidator(_refuse_ambiguous(kinds))]
            about = Field(
                default=None,
                alias=name,
                description=str(text("Opprettes sammen med enheten")),
            )
            yield f"parts_{name}", (list[one] | None, about)


def _refuse_ambiguous(kinds: Mapping[str, type[Body]]) -> Callable[[object], object]:
    """Make a validator that wants to know which of several kinds a part is."""
    fields = {
        name: {field.alias for field in model.model_fields.values()}
        for name, model in kinds.items()
    }

    def validate(value: object) -> object:
        if not isinstance(value, dict):
            return value
        fitting = [name for name, known in fields.items() if known >= set(value)]
        if len(fitting) > 1:
            raise refusal(
                "kind",
                text(
                    "Enheten kan være flere typer. Bruk {navn} som nøkkel.",
                    navn=" / ".join(fitting),
                ),
            )
        return value

    return validate


def parse(model: type[B], data: bytes) -> B:
    """Read a body; every fault is named by its field (400)."""
    return parse_values(model, decode(data))


def decode(data: bytes) -> Any:
    """Read JSON, with every digit of its numbers (400)."""
    try:
        return read_json(data)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Invalid(
            text("Innholdet er ikke gyldig JSON: {feil}", feil=str(error)[:200])
        ) from None


def parse_values(model: type[B], data: object) -> B:
    """Read a body that is JSON values already."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)[:_SHOWN_PROBLEMS]
        spell = model.model_config.get("alias_generator") or str
        raise Invalid(joined([_tell(one, spell) for one in problems], " ")) from None


def _tell(problem: Mapping[str, Any], spell: Any) -> Text:
    """Put one of pydantic's findings into words."""
    kind = problem["type"]
    place = "/".join(spell(step) if isinstance(step, str) else str(step) for step in problem["loc"])
    place = place[:200] or "body"
    context = problem.get("ctx", {})
    if isinstance(context.get("text"), Text):
        return text("Feltet {felt}: {feil}", felt=place, feil=context["text"])
    sentence = _SENTENCES.get(kind, text("Feltet {felt} har en ugyldig verdi."))
    return Text(sentence.msgid, {"felt": place})


_SENTENCES: Mapping[str, Text] = {
    "missing": text("Feltet {felt} mangler."),
    "extra_forbidden": text("Feltet {felt} er ukjent. Hent malen (GET) for å se feltene."),
    "string_type": text("Feltet {felt} må være tekst."),
    "int_type": text("Feltet {felt} må være et heltall uten hermetegn."),
    "bool_type": text("Feltet {felt} må være true eller false, uten hermetegn."),
    "less_than_equal": text("Tallet i feltet {felt} er for stort."),
    "greater_than_equal": text("Tallet i feltet {felt} er for lite."),
    "list_type": text("Feltet {felt} må være en liste."),
    "too_short": text("Listen i feltet {felt} har for få verdier."),
    "model_type": text("Feltet {felt} må være et objekt."),
    "model_attributes_type": text("Feltet {felt} må være et objekt."),
    "dict_type": text("Feltet {felt} må være et objekt."),
}


class UnitWriter:
    """Turns rows of one kind of unit into something msgspec writes, without what is absent."""

    def __init__(self, resource: Resource[Any], columns: Mapping[str, int]) -> None:
        self._times = {
            place: one.wire
            for place, one in enumerate(resource.attributes)
            if one.python is datetime
        }
        self._places = tuple(columns[one.name] for one in resource.attributes)
        self._file_place: int | None = None
        names = [one.wire for one in resource.attributes]
        if resource.file:
            self._file_place = len(names)
            names.append(FILE_ADDRESS)
        names.append("_links")
        self._struct = msgspec.defstruct(
            resource.model.__name__,
            [(name, Any, None) for name in names],
            omit_defaults=True,
            gc=False,
        )

    def write(
        self,
        row: Any,
        links: msgspec.Raw,
        offsets: msgspec.Raw | None,
        file_address: str | None = None,
    ) -> Any:
        values = [row[place] for place in self._places]
        if offsets is not None:
            self._restore_offsets(values, msgspec.json.decode(offsets))
        if self._file_place is not None:
            values.append(file_address)
        values.append(links)
        return self._struct(*values)

    def _restore_offsets(self, values: list[Any], offsets: Mapping[str, int]) -> None:
        """Write times with the offset that the client gave, where it was not Norway's."""
        for place, wire in self._times.items():
            if wire in offsets and values[place] is not None:
                moment = datetime.fromisoformat(msgspec.json.decode(values[place]))
                zone = timezone(timedelta(minutes=offsets[wire]))
                values[place] = wire_time(moment.astimezone(zone))


def foreign_offset(moment: datetime) -> int | None:
    """Give a time's offset in whole minutes, unless it is Norway's at that time.

    Before standard time it is always given: the database's offset of then has seconds, which no
    RFC 3339 time has, and zone databases differ about it.
    """
    offset = moment.utcoffset()
    if offset is None:
        return None
    if moment.year >= STANDARD_TIME and offset == moment.astimezone(NORWAY).utcoffset():
        return None
    return ceil(offset / timedelta(minutes=1))
