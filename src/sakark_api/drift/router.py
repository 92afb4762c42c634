"""The operator's addresses, as they are served and described."""

from collections import defaultdict
from typing import Any, Final

from pydantic import BaseModel

from sakark_api.drift import jobber, kommuner, rapport, sandkasser
from sakark_api.drift.bodies import (
    BrukListAnswer,
    EndreKommune,
    InnloggingListe,
    JobbListAnswer,
    KommuneAnswer,
    KommuneListAnswer,
    LoggListAnswer,
    NyKommune,
    NySandkasse,
    NyStatus,
    OpsjonListAnswer,
    Periode,
    SandkasseAnswer,
    SandkasseListAnswer,
)
from sakark_api.drift.context import JSON, Act, DriftRoute, route
from sakark_api.rest.openapi import Operation
from sakark_api.texts import Text, text

__all__ = ["drift_routes"]

TAG: Final = "drift"
_READING: Final = (400, 401, 403, 404, 406, 429, 503)
_WRITING: Final = (*_READING, 409, 415)


def drift_routes() -> list[DriftRoute]:
    """Make the operator's routes, each with and without the slash at the end."""
    described = [
        *_kommuner("/drift/kommuner/"),
        *_of_kommune("/drift/kommuner/{slug}/"),
        *_options("/drift/kommuner/{slug}/opsjoner/"),
        *_sandboxes("/drift/sandkasser/"),
        *_jobs("/drift/jobber/"),
        *_reports(),
    ]
    bare = [
        DriftRoute(one.path.rstrip("/"), one.endpoint, methods=one.methods, include_in_schema=False)
        for one in described
    ]
    routes = [*described, *bare]
    methods: dict[str, set[str]] = defaultdict(set)
    for one in routes:
        methods[one.path] |= one.methods or set()
    for one in routes:
        one.allowed = ", ".join(sorted(methods[one.path]))
    return routes


def _kommuner(path: str) -> list[DriftRoute]:
    return [
        _reading(
            path, "kommuner_list", text("List kommunene"), KommuneListAnswer, kommuner.list_all
        ),
        _writing(
            path,
            "POST",
            "kommune_post",
            text("Legg til en kommune"),
            NyKommune,
            KommuneAnswer,
            kommuner.add_kommune,
            statuses=(201,),
        ),
    ]


def _of_kommune(path: str) -> list[DriftRoute]:
    return [
        _reading(
            path, "kommune_get", text("Hent en kommune"), KommuneAnswer, kommuner.read_kommune
        ),
        _writing(
            path,
            "PATCH",
            "kommune_patch",
            text("Endre noen felt av en kommune"),
            EndreKommune,
            KommuneAnswer,
            kommuner.change_kommune,
        ),
        _writing(
            f"{path}status/",
            "PUT",
            "status_put",
            text("Flytt kommunen i livsløpet"),
            NyStatus,
            KommuneAnswer,
            kommuner.put_status,
        ),
        _reading(
            f"{path}innlogging/",
            "innlogging_get",
            text("Hent innloggingstjenestene"),
            InnloggingListe,
            kommuner.read_logins,
        ),
        _writing(
            f"{path}innlogging/",
            "PUT",
            "innlogging_put",
            text("Bytt innloggingstjenestene"),
            InnloggingListe,
            InnloggingListe,
            kommuner.put_logins,
        ),
    ]


def _options(path: str) -> list[DriftRoute]:
    one = f"{path}{{navn}}/"
    return [
        _reading(
            path,
            "opsjoner_get",
            text("Hent opsjonene, med historikk"),
            OpsjonListAnswer,
            kommuner.read_options_of,
        ),
        _writing(
            one,
            "PUT",
            "opsjon_put",
            text("Gi kommunen en opsjon i en periode"),
            Periode,
            OpsjonListAnswer,
            kommuner.put_option,
        ),
        _writing(
            *(
                one,
                "DELETE",
                "opsjon_delete",
                text("Avslutt en opsjon i dag; historikken beholdes"),
            ),
            None,
            OpsjonListAnswer,
            kommuner.delete_option,
        ),
    ]


def _sandboxes(path: str) -> list[DriftRoute]:
    return [
        _reading(
            path,
            "sandkasser_list",
            text("List sandkassene"),
            SandkasseListAnswer,
            sandkasser.list_all,
        ),
        _writing(
            path,
            "POST",
            "sandkasse_post",
            text("Lag en sandkasse med oppdiktede saker"),
            NySandkasse,
            SandkasseAnswer,
            sandkasser.post_sandbox,
            statuses=(201,),
        ),
        _writing(
            f"{path}{{slug}}/",
            "DELETE",
            "sandkasse_delete",
            text("Kast en sandkasse"),
            None,
            None,
            sandkasser.delete_sandbox,
            statuses=(202, 204),
        ),
    ]


def _jobs(path: str) -> list[DriftRoute]:
    return [
        _reading(
            path,
            "jobber_list",
            text("List jobbene som har feilet for godt"),
            JobbListAnswer,
            jobber.list_failed,
        ),
        _writing(
            f"{path}igjen/",
            "POST",
            "jobber_igjen_post",
            text("Send alle jobbene som har feilet, på nytt"),
            None,
            JobbListAnswer,
            jobber.post_all_again,
        ),
        _writing(
            f"{path}{{jobb}}/igjen/",
            "POST",
            "jobb_igjen_post",
            text("Send en jobb som har feilet, på nytt"),
            None,
            None,
            jobber.post_again,
            statuses=(204,),
        ),
    ]


def _reports() -> list[DriftRoute]:
    use = _reading(
        "/drift/bruk/",
        "bruk_get",
        text("Aktive brukere og opsjoner for hver måned"),
        BrukListAnswer,
        rapport.read_use,
        _query("fra", text("Første måned, som 2026-01; uten den er det siste")),
        _query("til", text("Siste måned, som 2026-11; uten den er det denne")),
        _query("kommune", text("Bare kommunen med dette kortnavnet")),
        more={rapport.CSV: {"schema": {"type": "string"}}},
    )
    log = _reading(
        "/drift/logg/",
        "logg_get",
        text("Hva drift har gjort, det nyeste først"),
        LoggListAnswer,
        rapport.read_log,
        _query("top", text("Antall linjer på siden"), "integer"),
        _query("foer", text("Bare linjer eldre enn den med dette nummeret"), "integer"),
    )
    return [use, log]


def _reading(
    path: str,
    name: str,
    summary: Text,
    model: type[BaseModel],
    act: Act,
    *parameters: dict[str, Any],
    more: dict[str, Any] | None = None,
) -> DriftRoute:
    operation = Operation(
        f"{TAG}_{name}", summary, TAG, errors=_READING, answer={**_json(model), **(more or {})}
    )
    return route(path, "GET", operation, act, *_in_path(path), *parameters)


def _writing(
    path: str,
    method: str,
    name: str,
    summary: Text,
    body: type[BaseModel] | None,
    model: type[BaseModel] | None,
    act: Act,
    *,
    statuses: tuple[int, ...] = (200,),
) -> DriftRoute:
    operation = Operation(
        f"{TAG}_{name}",
        summary,
        TAG,
        statuses=statuses,
        errors=_WRITING,
        body=_json(body) if body else None,
        answer=_json(model) if model else None,
    )
    return route(path, method, operation, act, *_in_path(path))


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


_IN_PATH: Final = {
    "slug": text("Kortnavnet til kommunen eller sandkassen"),
    "jobb": text("Jobbens nummer"),
    "navn": text("Opsjonens navn: små bokstaver, tall og bindestrek"),
}


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        _parameter(name, "path", what, "string", required=True)
        for name, what in _IN_PATH.items()
        if f"{{{name}}}" in path
    ]


def _query(name: str, what: Text, kind: str = "string") -> dict[str, Any]:
    return _parameter(name, "query", what, kind, required=False)


def _parameter(name: str, where: str, what: Text, kind: str, *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": str(what),
        "schema": {"type": kind},
    }
