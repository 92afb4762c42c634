"""The identity providers: that they answer, under their own name, with keys that can be used."""

import asyncio
import logging
from collections.abc import Collection

import httpx

from sakark_api.access.keys import Issuer, Keys
from sakark_api.doctor.address import is_open
from sakark_api.doctor.clock import Clocks
from sakark_api.doctor.report import Finding, failure, ok
from sakark_api.errors import Unavailable
from sakark_api.texts import Text, text

__all__ = ["check_issuers"]

CHECK = "issuer"
LONGEST_WAIT = 5.0
AT_ONCE = 8


class Fault(Exception):
    """What is wrong with an identity provider, in a sentence."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


async def check_issuers(issuers: Collection[Issuer], clocks: Clocks) -> list[Finding]:
    """Ask each once, a few at a time."""
    turn = asyncio.Semaphore(AT_ONCE)
    # A reason in English is for the log of the service; here it is said in a sentence.
    logging.getLogger("sakark_api.access.keys").addHandler(logging.NullHandler())

    async def check(issuer: Issuer) -> Finding:
        async with turn:
            return await _check(issuer, client, clocks)

    async with httpx.AsyncClient(timeout=LONGEST_WAIT) as client:
        return list(await asyncio.gather(*(check(issuer) for issuer in issuers)))


async def _check(issuer: Issuer, client: httpx.AsyncClient, clocks: Clocks) -> Finding:
    try:
        _refuse_plain(issuer)
        jwks_uri = issuer.jwks_uri or await _discover(issuer, client, clocks)
        await _refuse_without_keys(issuer, jwks_uri, client)
    except Fault as fault:
        return failure(CHECK, fault.sentence)
    return ok(CHECK, text("Innloggingstjenesten {issuer} svarer.", issuer=issuer.url))


def _refuse_plain(issuer: Issuer) -> None:
    address = issuer.jwks_uri or issuer.discovery
    if is_open(address):
        raise Fault(
            text(
                "Nøklene til innloggingstjenesten {issuer} hentes ukryptert, så andre kan bytte dem"
                " ut; bruk en adresse som begynner med https.",
                issuer=issuer.url,
            )
        )


async def _discover(issuer: Issuer, client: httpx.AsyncClient, clocks: Clocks) -> str:
    """Ask the provider who it is; give the address of its keys."""
    document = await _ask(issuer, client, clocks)
    name, jwks_uri = document.get("issuer"), document.get("jwks_uri")
    if name != issuer.url:
        raise Fault(
            text(
                "Innloggingstjenesten på {adresse} kaller seg {navn}, men her står {issuer}; skriv"
                " navnet likt til siste tegn.",
                adresse=issuer.discovery,
                navn=name,
                issuer=issuer.url,
            )
        )
    if not isinstance(jwks_uri, str):
        raise Fault(
            text(
                "Innloggingstjenesten {issuer} sier ikke hvor nøklene er (jwks_uri); rett den,"
                " eller sett adressen i registeret.",
                issuer=issuer.url,
            )
        )
    return jwks_uri


async def _ask(issuer: Issuer, client: httpx.AsyncClient, clocks: Clocks) -> dict[str, object]:
    named = {"issuer": issuer.url, "adresse": issuer.discovery}
    try:
        answer = await client.get(issuer.discovery)
        clocks.note_headers(issuer.url, answer.headers)
        document = answer.json() if answer.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise Fault(_unreachable(error, named)) from error
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Fault(
            text(
                "Innloggingstjenesten {issuer} svarer ikke som den skal på {adresse} ({status});"
                " rett adressen eller tjenesten.",
                status=answer.status_code,
                **named,
            )
        )
    return document


def _unreachable(error: Exception, named: dict[str, str]) -> Text:
    if "CERTIFICATE" in str(error):
        return text(
            "Sertifikatet til innloggingstjenesten {issuer} godtas ikke på {adresse}; få det"
            " fornyet, eller gi tjenesten utstederens sertifikat.",
            **named,
        )
    return text(
        "Innloggingstjenesten {issuer} svarer ikke på {adresse}; rett adressen, eller åpne veien"
        " dit.",
        **named,
    )


async def _refuse_without_keys(issuer: Issuer, jwks_uri: str, client: httpx.AsyncClient) -> None:
    keys = Keys(Issuer(issuer.url, jwks_uri=jwks_uri), client)
    try:
        await keys.find("", "RS256")  # none is called that; what counts is that there are some
    except Unavailable:
        raise Fault(
            text(
                "Innloggingstjenesten {issuer} gir ingen nøkler som kan brukes på {adresse}; den må"
                " gi RSA på minst 2048 bit eller P-256, med kid.",
                issuer=issuer.url,
                adresse=jwks_uri,
            )
        ) from None
