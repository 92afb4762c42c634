"""The API's description: each operation in our own words, with schemas by name (OpenAPI 3.1)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from sakark_api.noark.metadata.kodeliste import CodeList
from sakark_api.noark.resource import Resource
from sakark_api.noark.structure import Catalog
from sakark_api.rest.media_types import MERGE_PATCH, NOARK, XML
from sakark_api.rest.schema import Body, Schemas
from sakark_api.texts import Text, text

__all__ = ["Operation", "build", "describe"]

Json = dict[str, Any]

ANY_KIND = "AvEtSlag"
"""Ends the name of a schema that stands for a resource and those that extend it."""

_ERROR = {"$ref": "#/components/schemas/Feil"}
_STATUS_TEXTS: Mapping[int, Text] = {
    200: text("Svaret"),
    201: text("Opprettet; Location er adressen"),
    202: text("Mottatt; det blir gjort om litt"),
    204: text("Utført"),
    206: text("Delen av filen det ble spurt om"),
    304: text("Uendret siden sist"),
    307: text("Filen hentes rett fra lageret, på adressen i Location"),
    400: text("Noe i forespørselen er galt; beskrivelsen sier hva"),
    401: text("Tilgangstoken mangler eller gjelder ikke"),
    403: text("Rollen gir ikke adgang, eller filen er for stor"),
    404: text("Finnes ikke, eller er ikke synlig"),
    406: text("Accept passer ikke"),
    409: text("Noe i enhetens tilstand står i veien, eller den er endret av andre"),
    410: text("Filen er kassert"),
    415: text("Content-Type passer ikke"),
    416: text("Området finnes ikke i filen"),
    422: text("Overføringen ble ikke fullført, eller Idempotency-Key er brukt til noe annet"),
    429: text("For mange forespørsler; vent så lenge som Retry-After sier"),
    501: text("Forstått, men støttes ikke"),
    503: text("Database eller lager svarer ikke nå"),
}
_ALWAYS = (400, 401, 403, 404, 429, 503)


@dataclass(frozen=True)
class Operation:
    """What the description says of one operation."""

    id: str
    summary: Text
    tag: str
    statuses: tuple[int, ...] = (200,)
    errors: tuple[int, ...] = _ALWAYS
    body: Json | None = None
    answer: Json | None = None
    parameters: tuple[str | Json, ...] = ()
    """Those that are described once, by name, and those that are of this operation alone."""
    requirements: tuple[str, ...] = field(default=())

    @classmethod
    def listing(cls, resource: Resource[Any], id_: str, of: Resource[Any] | None = None) -> Self:
        sentence = (
            text("List {hva} i {eier}", hva=resource.title, eier=of.title)
            if of
            else text("List alle av typen {hva}", hva=resource.title)
        )
        return cls(
            id_,
            sentence,
            resource.package,
            errors=(*_ALWAYS, 406, 501),
            answer=_noark(f"{resource.model.__name__}Liste"),
            parameters=("filter", "orderby", "top", "skip", "search", "expand", "select"),
        )

    @classmethod
    def reading(
        cls,
        resource: Resource[Any],
        id_: str,
        of: Resource[Any] | None = None,
        *,
        has_kinds: bool = False,
    ) -> Self:
        sentence = (
            text("Hent {hva} for {eier}", hva=resource.title, eier=of.title)
            if of
            else text("Hent {hva}", hva=resource.title)
        )
        return cls(
            id_,
            sentence,
            resource.package,
            statuses=(200, 304),
            errors=(*_ALWAYS, 406, 501),
            answer=_noark(resource.model.__name__ + (ANY_KIND if has_kinds else "")),
            parameters=("expand", "select", "if_none_match"),
        )

    @classmethod
    def allowed(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(
            id_,
            text("Se hva du kan gjøre med {hva}", hva=resource.title),
            resource.package,
            errors=(*_ALWAYS, 406),
            answer=_noark("Lovlig"),
        )

    @classmethod
    def searching(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Søk i saker, registreringer og dokumenter"),
            "sok",
            errors=(*_ALWAYS, 406),
            answer=_noark("Soekesvar"),
            parameters=("q", "type", "enhet", "aar", "status", "top", "skip"),
        )

    @classmethod
    def suggesting(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Få forslag mens et søk skrives"),
            "sok",
            errors=(*_ALWAYS, 406),
            answer=_noark("Soekeforslag"),
            parameters=("q",),
        )

    @classmethod
    def journal(cls, id_: str, summary: Text, *, public: bool, of_day: bool = False) -> Self:
        shown = ("format", "top", "skip")
        period = ("fra", "til", "enhet")
        if public:
            return cls(
                id_,
                summary,
                "journal",
                statuses=(200, 304),
                errors=(),
                answer=_JOURNAL,
                parameters=(
                    *(() if of_day else (*period, "ord")),
                    *shown,
                    "if_none_match",
                ),
            )
        return cls(
            id_,
            summary,
            "journal",
            errors=(*_ALWAYS, 406),
            answer=_JOURNAL,
            parameters=(*period, *shown),
        )

    @classmethod
    def readiness(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Se hvor klart arkivet er til å deponeres"),
            "beredskap",
            errors=(*_ALWAYS, 406),
            answer=_noark("Beredskapssvar"),
        )

    @classmethod
    def counting(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Be om å få beredskapen talt på nytt"),
            "beredskap",
            statuses=(202,),
            errors=(*_ALWAYS, 406),
        )

    @classmethod
    def worklist(cls, id_: str, within: Resource[Any]) -> Self:
        named = _parameter(
            within.name, "query", text("Enhetens systemID"), {"type": "string"}, required=True
        )
        return cls(
            id_,
            text("List enhetene som en sjekk slår ut for nå"),
            "beredskap",
            errors=(*_ALWAYS, 406),
            answer=_noark("Arbeidsliste"),
            parameters=(named, "top", "skip"),
        )

    @classmethod
    def exports(cls, id_: str) -> Self:
        return cls(
            id_,
            text("List bestillingene av arkivuttrekk, de nyeste først"),
            "uttrekk",
            errors=(*_ALWAYS, 406),
            answer=_noark("Uttrekksliste"),
            parameters=("top", "skip"),
        )

    @classmethod
    def exporting(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Bestill et arkivuttrekk; Location er adressen til bestillingen"),
            "uttrekk",
            statuses=(202,),
            errors=(*_ALWAYS, 406, 409, 415, 422),
            body=_noark("NyttUttrekk"),
            answer=_noark("Uttrekksbestilling"),
            parameters=("idempotency_key",),
        )

    @classmethod
    def export(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Se hvor langt et arkivuttrekk er kommet, og hva som står i veien"),
            "uttrekk",
            errors=(*_ALWAYS, 406),
            answer=_noark("Uttrekksbestilling"),
        )

    @classmethod
    def submission(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Hent beskrivelsen som følger med en pakke for innsending (DIAS)"),
            "uttrekk",
            errors=(*_ALWAYS, 406),
            answer={XML: {"schema": {"type": "string"}}},
        )

    @classmethod
    def export_cancelling(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Avbryt et arkivuttrekk som ikke er ferdig"),
            "uttrekk",
            statuses=(204,),
            errors=(*_ALWAYS, 409),
        )

    @classmethod
    def export_file(cls, id_: str) -> Self:
        return cls(
            id_,
            text("Hent filen som arkivuttrekket ble til"),
            "uttrekk",
            statuses=(200, 206, 304),
            errors=(*_ALWAYS, 406, 416),
            answer=_BYTES,
            parameters=("range", "if_none_match"),
        )

    @classmethod
    def template(cls, made: Resource[Any], id_: str, of: Resource[Any] | None = None) -> Self:
        del of
        return cls(
            id_,
            text("Hent mal for ny {hva}", hva=made.title),
            made.package,
            errors=(*_ALWAYS, 406),
            answer=_noark("Mal"),
        )

    @classmethod
    def making(cls, made: Resource[Any], id_: str, of: Resource[Any] | None = None) -> Self:
        sentence = (
            text("Opprett {hva} i {eier}", hva=made.title, eier=of.title)
            if of
            else text("Opprett {hva}", hva=made.title)
        )
        return cls(
            id_,
            sentence,
            made.package,
            statuses=(201,),
            errors=(*_ALWAYS, 406, 409, 415, 422),
            body=_noark(f"{made.model.__name__}Ny"),
            answer=_noark(made.model.__name__),
            parameters=("idempotency_key",),
        )

    @classmethod
    def replacing(cls, resource: Resource[Any], id_: str, *, has_kinds: bool = False) -> Self:
        return cls(
            id_,
            text("Endre {hva}: hele enheten sendes, det som utelates fjernes", hva=resource.title),
            resource.package,
            errors=(*_ALWAYS, 406, 409, 415),
            body=_noark(resource.model.__name__),
            answer=_noark(resource.model.__name__ + (ANY_KIND if has_kinds else "")),
            parameters=("if_match",),
        )

    @classmethod
    def merging(cls, resource: Resource[Any], id_: str, *, has_kinds: bool = False) -> Self:
        return cls(
            id_,
            text("Endre noen felt av {hva}; null fjerner", hva=resource.title),
            resource.package,
            errors=(*_ALWAYS, 406, 409, 415),
            body={MERGE_PATCH: {"schema": {"type": "object"}}},
            answer=_noark(resource.model.__name__ + (ANY_KIND if has_kinds else "")),
            parameters=("if_match",),
        )

    @classmethod
    def deleting(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(
            id_,
            text("Slett {hva}", hva=resource.title),
            resource.package,
            statuses=(204,),
            errors=(*_ALWAYS, 409),
            parameters=("if_match_optional",),
        )

    @classmethod
    def referring(
        cls,
        resource: Resource[Any],
        id_: str,
        target: Resource[Any],
        method: str,
        *,
        many: bool,
    ) -> Self:
        sentence = {
            "POST": text("Knytt {hva} til {eier}", hva=target.title, eier=resource.title),
            "PUT": text("Flytt {eier} til en annen {hva}", hva=target.title, eier=resource.title),
            "DELETE": text("Ta {hva} bort fra {eier}", hva=target.title, eier=resource.title),
        }[method]
        repeatable = method == "POST"
        return cls(
            id_,
            sentence,
            resource.package,
            statuses=(204,),
            errors=(*_ALWAYS, 409, *((422,) if repeatable else ())),
            body=_ADDRESS if method == "PUT" else None,
            parameters=(
                *(("id",) if many else ()),
                "if_match_optional",
                *(("idempotency_key",) if repeatable else ()),
            ),
        )

    @classmethod
    def pointing(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(
            id_,
            text("La {hva} vise til en annen enhet", hva=resource.title),
            resource.package,
            errors=(*_ALWAYS, 409),
            body=_ADDRESS,
            answer=_noark(resource.model.__name__),
        )

    @classmethod
    def making_by_reference(cls, made: Resource[Any], id_: str, of: Resource[Any]) -> Self:
        return cls(
            id_,
            text("Opprett {hva} fra {eier} til en annen enhet", hva=made.title, eier=of.title),
            made.package,
            statuses=(201,),
            errors=(*_ALWAYS, 406, 409, 422),
            answer=_noark(made.model.__name__),
            parameters=("id", "idempotency_key"),
        )

    @classmethod
    def extending(cls, resource: Resource[Any], id_: str, special: Resource[Any]) -> Self:
        return cls(
            id_,
            text("Utvid {eier} til {hva}", hva=special.title, eier=resource.title),
            special.package,
            errors=(*_ALWAYS, 406, 409, 415, 422),
            body=_noark(f"{special.model.__name__}Utvidelse"),
            answer=_noark(special.model.__name__),
            parameters=("if_match_optional", "idempotency_key"),
        )

    @classmethod
    def downloading(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(
            id_,
            text("Hent filen"),
            resource.package,
            statuses=(200, 206, 304, 307),
            errors=(*_ALWAYS, 406, 410, 416),
            answer=_BYTES,
            parameters=("range", "if_none_match", "prefer"),
        )

    @classmethod
    def previewing(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(
            id_,
            text("Hent et bilde av filens første side"),
            resource.package,
            statuses=(200, 304),
            errors=(*_ALWAYS, 406, 410),
            answer=_PICTURE,
            parameters=("if_none_match",),
        )

    @classmethod
    def uploading(cls, resource: Resource[Any], id_: str, holder: Resource[Any]) -> Self:
        return cls(
            id_,
            text("Send en fil, eller begynn på en stor fil (Content-Length 0 og X-Upload-…)"),
            resource.package,
            statuses=(200, 201),
            errors=(*_ALWAYS, 409, 415, 422),
            body=_BYTES,
            answer=_noark(holder.model.__name__),
            parameters=("upload_type", "upload_length", "idempotency_key"),
        )

    @classmethod
    def chunk(cls, resource: Resource[Any], id_: str, holder: Resource[Any]) -> Self:
        return cls(
            id_,
            text("Send neste del av en stor fil; den siste delen gir 201"),
            resource.package,
            statuses=(200, 201),
            errors=(*_ALWAYS, 409, 422),
            body=_BYTES,
            answer=_noark(holder.model.__name__),
            parameters=("content_range",),
        )

    @classmethod
    def progress(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(id_, text("Se hvor mye av en stor fil som er mottatt"), resource.package)

    @classmethod
    def cancelling(cls, resource: Resource[Any], id_: str) -> Self:
        return cls(
            id_, text("Avbryt overføringen av en stor fil"), resource.package, statuses=(204,)
        )

    @classmethod
    def code_list(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("List kodelisten {hva}", hva=codelist.title),
            "metadata",
            errors=(*_ALWAYS, 406, 501),
            answer=_noark("KodelisteverdiListe"),
            parameters=("filter", "orderby", "top", "skip", "search"),
        )

    @classmethod
    def code_reading(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("Hent en kode i {hva}", hva=codelist.title),
            "metadata",
            statuses=(200, 304),
            errors=(*_ALWAYS, 406),
            answer=_noark("Kodelisteverdi"),
            parameters=("if_none_match",),
        )

    @classmethod
    def code_template(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("Hent mal for ny kode i {hva}", hva=codelist.title),
            "metadata",
            answer=_noark("Mal"),
            errors=(*_ALWAYS, 406),
        )

    @classmethod
    def code_making(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("Legg til en kode i {hva}", hva=codelist.title),
            "metadata",
            statuses=(201,),
            errors=(*_ALWAYS, 409, 415, 422),
            body=_noark("Kodelisteverdi"),
            answer=_noark("Kodelisteverdi"),
            parameters=("idempotency_key",),
        )

    @classmethod
    def code_changing(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("Endre en kode i {hva}", hva=codelist.title),
            "metadata",
            errors=(*_ALWAYS, 409, 415),
            body=_noark("Kodelisteverdi"),
            answer=_noark("Kodelisteverdi"),
            parameters=("if_match",),
        )

    @classmethod
    def code_merging(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("Endre noen felt av en kode i {hva}", hva=codelist.title),
            "metadata",
            errors=(*_ALWAYS, 409, 415),
            body={MERGE_PATCH: {"schema": {"type": "object"}}},
            answer=_noark("Kodelisteverdi"),
            parameters=("if_match",),
        )

    @classmethod
    def code_deleting(cls, codelist: CodeList, id_: str) -> Self:
        return cls(
            id_,
            text("Slett en ubrukt kode i {hva}", hva=codelist.title),
            "metadata",
            statuses=(204,),
            errors=(*_ALWAYS, 409),
            parameters=("if_match_optional",),
        )


_ADDRESS: Json = {
    "text/uri-list": {"schema": {"type": "string"}},
    "text/plain": {"schema": {"type": "string"}},
    "application/json": {
        "schema": {"type": "object", "properties": {"@odata.id": {"type": "string"}}}
    },
}
_JOURNAL: Json = {
    NOARK: {"schema": {"$ref": "#/components/schemas/Journal"}},
    XML: {"schema": {"type": "string"}},
    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
}
_PICTURE: Json = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
_BYTES: Json = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


@cache
def _noark(schema: str) -> Json:
    return {NOARK: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def describe(operation: Operation, path: str) -> Json:
    """Give the arguments of an `APIRoute` that make it appear as the operation says."""
    parameters = [
        {"$ref": f"#/components/parameters/{one}"} if isinstance(one, str) else one
        for one in (
            *(("kommune",) if "{kommune}" in path else ()),
            *(("system_id",) if "{system_id}" in path else ()),
            *(("rest",) if "{rest}" in path else ()),
            *(("kode",) if "{kode}" in path else ()),
            *(("dato",) if "{dato}" in path else ()),
            *operation.parameters,
        )
    ]
    extra: Json = {"parameters": parameters} if parameters else {}
    if operation.body:
        extra["requestBody"] = {"required": True, "content": operation.body}
    if not operation.errors:
        extra["security"] = []
    return {
        "operation_id": operation.id,
        "summary": str(operation.summary),
        "tags": [operation.tag],
        "responses": dict(_responses(operation)),
        "openapi_extra": extra,
        "status_code": operation.statuses[0],
        "response_model": None,
        "response_class": Response,
    }


def _responses(operation: Operation) -> Iterator[tuple[int | str, Json]]:
    for status in operation.statuses:
        described: Json = {"description": str(_STATUS_TEXTS[status])}
        if operation.answer and status in (200, 201, 202, 206):
            described["content"] = operation.answer
        yield status, described
    for status in dict.fromkeys(operation.errors):
        yield status, _error(status)


@cache
def _error(status: int) -> Json:
    """Describe an error: one object for all operations, of which there are many."""
    return {
        "description": str(_STATUS_TEXTS[status]),
        "content": {NOARK: {"schema": _ERROR}},
    }


def build(
    routes: Iterable[APIRoute],
    catalog: Catalog,
    schemas: Schemas,
    more: Mapping[str, type[BaseModel]],
    bodies: Iterable[type[BaseModel]],
    version: str,
) -> Json:
    """Describe the whole API, from the same routes that serve it.

    `more` are units that are no resources, by name; `bodies` are sent or given as they are.
    """
    described = get_openapi(
        title="sakark",
        version=version,
        openapi_version="3.1.0",
        summary=str(text("Sak- og arkivsystem for kommuner etter Noark 5 tjenestegrensesnitt 1.1")),
        description=str(
            text(
                "Begynn i kommunens rot og følg lenkene. Relasjonsnøklene er standardens og"
                " faste; adressene kan endres. x-noark er nummeret i Noark 5s metadatakatalog."
            )
        ),
        routes=list(routes),
    )
    components = described.setdefault("components", {})
    named = _all_schemas(catalog, schemas, more) | _plain_schemas(bodies)
    components["schemas"] = dict(sorted(named.items()))
    components["parameters"] = _parameters()
    components["securitySchemes"] = {
        "oidc": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": str(
                text("Tilgangstoken fra kommunens OIDC-leverandør; se rotens login-lenker")
            ),
        }
    }
    described["security"] = [{"oidc": []}]
    return described


def _all_schemas(catalog: Catalog, schemas: Schemas, more: Mapping[str, type[BaseModel]]) -> Json:
    """Give every named schema: as it is made, as it is shown, and as a list."""
    concrete = [resource for resource in catalog.resources if not resource.abstract]
    models = [
        *((schemas.making(resource), "validation") for resource in concrete),
        *((schemas.changing(resource), "validation") for resource in concrete),
        *((schemas.extending(one), "validation") for one in concrete if one.extension),
    ]
    _, made = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # pairs of literals
    found: Json = made.get("$defs", {})
    for resource in catalog.resources:
        name = resource.model.__name__
        if resource.abstract:
            kinds = catalog.kinds_of(resource)
            found[name] = {
                "title": name,
                "anyOf": [{"$ref": f"#/components/schemas/{one.model.__name__}"} for one in kinds],
            }
        elif len(kinds := catalog.kinds_of(resource)) > 1:
            names = [one.model.__name__ for one in kinds]
            found[f"{name}{ANY_KIND}"] = {
                "title": f"{name}{ANY_KIND}",
                "anyOf": [{"$ref": f"#/components/schemas/{one}"} for one in names],
            }
            _list_of(found, f"{name}Liste", names)
            continue
        _list_of(found, f"{name}Liste", [name])
    _give_examples(found, concrete)
    for name, model in more.items():
        found[name] = {**model.model_json_schema(), "title": name}
        _list_of(found, f"{name}Liste", [name])
    found["Lenker"] = _LINKS
    found["Feil"] = _FAULT
    found["Mal"] = {"type": "object", "description": str(text("Delvis utfylt enhet"))}
    for schema in found.values():
        for described in schema.get("properties", {}).values():
            if described.get("default", ...) is None:
                del described["default"]  # what is left out is absent, never null
        if "_links" in schema.get("properties", {}):
            schema["properties"]["_links"] = {
                "anyOf": [{"$ref": "#/components/schemas/Lenker"}, {"type": "null"}]
            }
    return found


def _give_examples(found: Json, resources: Iterable[Resource[Any]]) -> None:
    for resource in resources:
        found[f"{resource.model.__name__}Ny"]["examples"] = [dict(resource.example)]
        if resource.extension:
            # As a change: without what is made together with a unit.
            known = {one.wire for one in resource.attributes}
            example = {key: one for key, one in resource.example.items() if key in known}
            found[f"{resource.model.__name__}Utvidelse"]["examples"] = [example]


def _plain_schemas(bodies: Iterable[type[BaseModel]]) -> Json:
    """Give the schemas of bodies that are no units, and of what is in them."""
    found: Json = {}
    for model in bodies:
        mode: Any = "validation" if issubclass(model, Body) else "serialization"
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode=mode)
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return found


def _list_of(found: Json, name: str, kinds: list[str]) -> None:
    refs = [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]
    found[name] = {
        "title": name,
        "type": "object",
        "required": ["count", "_links"],
        "properties": {
            "count": {
                "type": "integer",
                "description": str(text("Antall treff i alt, på alle sider")),
            },
            "results": {
                "type": "array",
                "description": str(text("Denne sidens enheter; utelates når listen er tom")),
                "items": refs[0] if len(refs) == 1 else {"anyOf": refs},
            },
            "_links": {"$ref": "#/components/schemas/Lenker"},
        },
    }


_LINKS: Json = {
    "title": "Lenker",
    "type": "object",
    "description": str(text("Lenker etter relasjonsnøkkel")),
    "additionalProperties": {
        "type": "object",
        "required": ["href"],
        "properties": {"href": {"type": "string"}, "templated": {"type": "boolean"}},
    },
}
_OBSTACLE: Json = {
    "type": "object",
    "required": ["beskrivelse", "antall", "enheter"],
    "properties": {
        "beskrivelse": {"type": "string", "description": str(text("Hva som står i veien"))},
        "antall": {"type": "integer", "description": str(text("Hvor mange enheter det er"))},
        "enheter": {
            "type": "array",
            "description": str(text("De første av dem")),
            "items": {
                "type": "object",
                "required": ["systemID", "_links"],
                "properties": {"systemID": {"type": "string", "format": "uuid"}, "_links": _LINKS},
            },
        },
    },
}
_FAULT: Json = {
    "title": "Feil",
    "type": "object",
    "required": ["feil"],
    "properties": {
        "feil": {
            "type": "object",
            "required": ["kode"],
            "properties": {
                "kode": {"type": "integer", "description": str(text("HTTP-statusen"))},
                "beskrivelse": {"type": "string", "description": str(text("Hva du kan gjøre"))},
                "hindringer": {
                    "type": "array",
                    "description": str(text("Enhetene som står i veien, grunn for grunn")),
                    "items": _OBSTACLE,
                },
            },
        }
    },
}


def _parameter(name: str, where: str, what: Text, schema: Json, *, required: bool = False) -> Json:
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": str(what),
        "schema": schema,
    }


def _parameters() -> Json:
    one = _parameter
    string: Json = {"type": "string"}
    number: Json = {"type": "integer", "minimum": 0}
    return {
        "kommune": one(
            "kommune", "path", text("Kommunens kortnavn; se /kommuner/"), string, required=True
        ),
        "system_id": one(
            "system_id",
            "path",
            text("Enhetens systemID"),
            {"type": "string", "format": "uuid"},
            required=True,
        ),
        "rest": one("rest", "path", text("Overføringens nummer"), string, required=True),
        "kode": one("kode", "path", text("Koden"), string, required=True),
        "dato": one(
            "dato",
            "path",
            text("Journaldatoen"),
            {"type": "string", "format": "date"},
            required=True,
        ),
        "fra": one(
            "fra", "query", text("Første journaldato"), {"type": "string", "format": "date"}
        ),
        "til": one("til", "query", text("Siste journaldato"), {"type": "string", "format": "date"}),
        "ord": one(
            "q", "query", text("Ord i offentlig tittel; bare det siste året er søkbart"), string
        ),
        "format": one(
            "format",
            "query",
            text("Hvordan journalen gis; ellers etter Accept"),
            {"type": "string", "enum": ["json", "xml", "pdf"]},
        ),
        "filter": one("$filter", "query", text("Vilkår, som i OData"), string),
        "orderby": one("$orderby", "query", text("Rekkefølge, som i OData"), string),
        "top": one("$top", "query", text("Største antall på siden"), number),
        "skip": one("$skip", "query", text("Antall å hoppe over"), number),
        "search": one("$search", "query", text("Ord å søke etter"), string),
        "q": one("q", "query", text("Det som det søkes etter"), string, required=True),
        "type": one("type", "query", text("Bare treff av dette slaget"), string),
        "enhet": one(
            "enhet", "query", text("Bare treff i saker med denne administrative enheten"), string
        ),
        "aar": one("aar", "query", text("Bare treff fra dette året"), {"type": "integer"}),
        "status": one("status", "query", text("Bare treff med denne statusen"), string),
        "id": one("$id", "query", text("Adressen til enheten det gjelder"), string, required=True),
        "expand": one(
            "$expand", "query", text("Relasjoner som vises inne i enheten, med komma"), string
        ),
        "select": one("$select", "query", text("Felter som skal vises, med komma"), string),
        "if_none_match": one("If-None-Match", "header", text("ETag fra forrige svar"), string),
        "prefer": one(
            "Prefer",
            "header",
            text(
                "redirect: gi heller adressen til filen i lageret (307), der det går; den virker"
                " uten token i noen sekunder"
            ),
            string,
        ),
        "if_match": one(
            "If-Match", "header", text("ETag for utgaven som endres"), string, required=True
        ),
        "if_match_optional": one(
            "If-Match", "header", text("ETag for utgaven som slettes"), string
        ),
        "idempotency_key": one(
            "Idempotency-Key",
            "header",
            text(
                "Gjør at forespørselen kan sendes på nytt uten at noe lages to ganger: en ny UUID"
                " for hver forespørsel, den samme når den gjentas. 409 mens den er under arbeid"
                " (Retry-After), 422 når nøkkelen er brukt til noe annet. Glemmes etter et døgn."
            ),
            {"type": "string", "pattern": r"^[!#-\[\]-~]{1,200}$"},
        ),
        "range": one("Range", "header", text("Del av filen, i byte"), string),
        "upload_type": one(
            "X-Upload-Content-Type", "header", text("Medietypen til en stor fil"), string
        ),
        "upload_length": one(
            "X-Upload-Content-Length", "header", text("Størrelsen på en stor fil"), number
        ),
        "content_range": one(
            "Content-Range",
            "header",
            text("Delens plass i filen: første-siste/alle"),
            string,
            required=True,
        ),
    }
