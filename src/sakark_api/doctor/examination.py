"""The whole examination, from the settings to the clock."""

import time
from collections.abc import Callable, Sequence

from sakark_api.access.keys import Issuer
from sakark_api.doctor.application import Application, check_application
from sakark_api.doctor.clock import Clocks
from sakark_api.doctor.database import way
from sakark_api.doctor.issuer import check_issuers
from sakark_api.doctor.others import check_operator, check_owner
from sakark_api.doctor.place import check_place
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.doctor.storage import check_storage
from sakark_api.doctor.tools import check_tools
from sakark_api.errors import Invalid
from sakark_api.settings import Settings, read_settings
from sakark_api.tenancy.kommune import Kommune, Status
from sakark_api.texts import Text, text

__all__ = ["examine", "examine_environment"]


async def examine_environment(port: int) -> list[Finding]:
    """Look at the settings of this process, and then at everything they name."""
    try:
        settings = read_settings()
    except Invalid as error:
        return [failure("settings", one) for one in _complaints(error)]
    fine = ok("settings", text("Innstillingene er kjent og henger sammen."))
    return [fine, *await examine(settings, port)]


def _complaints(error: Invalid) -> list[Text]:
    return [one for one in error.text.values.values() if isinstance(one, Text)]


async def examine(
    settings: Settings, port: int, now: Callable[[], float] = time.time
) -> list[Finding]:
    """Look at everything the settings name; `now` is our clock, `port` where we shall answer."""
    clocks = Clocks(now)
    application = await _application(settings, clocks)
    others = await _others(settings) if application.reached else []
    storage = await check_storage(settings, clocks, [one.slug for one in application.kommuner])
    issuers = await check_issuers(_issuers(settings, application.kommuner), clocks)
    return [
        *check_place(settings, port),
        *application.findings,
        *others,
        *storage,
        *await check_tools(settings),
        *issuers,
        *clocks.check(),
    ]


async def _application(settings: Settings, clocks: Clocks) -> Application:
    there = way(settings, "database_url")
    if there is not None:
        return await check_application(there, settings, clocks)
    missing = text("SAKARK_DATABASE_URL er ikke satt; sett den til databasens adresse.")
    return Application([failure("database-address", missing)], reached=False)


async def _others(settings: Settings) -> list[Finding]:
    owner, operator = way(settings, "database_owner_url"), way(settings, "database_operator_url")
    return [
        *(await check_owner(owner) if owner else []),
        *(await check_operator(operator) if operator else []),
    ]


def _issuers(settings: Settings, kommuner: Sequence[Kommune]) -> list[Issuer]:
    """List every identity provider once, however many kommuner trust it."""
    trusted = [
        Issuer(entry.issuer, entry.discovery_url, entry.jwks_uri)
        for kommune in kommuner
        if kommune.status != Status.AVSLUTTET
        for entry in kommune.issuers
    ]
    if settings.operator_issuer is not None:
        trusted.append(Issuer(settings.operator_issuer))
    return list(dict.fromkeys(trusted))
