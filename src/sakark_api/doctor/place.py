"""What the service is told about its own place: its address, its ports, its temporary files."""

import tempfile

from sakark_api.doctor.address import is_open
from sakark_api.doctor.report import Finding, failure, ok, warning
from sakark_api.settings import Settings
from sakark_api.texts import text

__all__ = ["check_place"]


def check_place(settings: Settings, port: int) -> list[Finding]:
    return [_public_url(settings), _metrics_port(settings, port), _tmp_folder()]


def _public_url(settings: Settings) -> Finding:
    check, url = "public-url", settings.public_url
    if url is None:
        return warning(
            check,
            text(
                "SAKARK_PUBLIC_URL er ikke satt, så lenkene i svarene følger adressen i hver"
                " forespørsel; sett den til adressen klientene bruker."
            ),
        )
    if is_open(url):
        return warning(
            check,
            text(
                "SAKARK_PUBLIC_URL er {adresse}, der alt går ukryptert; bruk en adresse som"
                " begynner med https.",
                adresse=url,
            ),
        )
    return ok(check, text("Klientene bruker adressen {adresse}.", adresse=url))


def _metrics_port(settings: Settings, port: int) -> Finding:
    check = "metrics-port"
    if settings.metrics_port is None:
        return ok(check, text("Måltall gis ikke ut."))
    if settings.metrics_port == port:
        return failure(
            check,
            text(
                "SAKARK_METRICS_PORT og PORT er begge {port}; gi måltallene en egen port.",
                port=port,
            ),
        )
    return ok(check, text("Måltall gis ut på port {port}.", port=settings.metrics_port))


def _tmp_folder() -> Finding:
    check = "tmp-folder"
    try:
        with tempfile.TemporaryFile() as file:
            file.write(check.encode())
    except OSError:
        return failure(
            check,
            text(
                "Ingen mappe for midlertidige filer er skrivbar; gi tjenestens bruker en, og pek"
                " på den med TMPDIR."
            ),
        )
    return ok(check, text("Midlertidige filer kan skrives."))
