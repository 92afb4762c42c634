"""The official schemas: which they are, by their bytes, and where they lie.

They are the National Archives' and not ours to pass on, so each installation fetches them, and what
was fetched is believed when its SHA-256 is the one that stands here.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final
from urllib.parse import urljoin

import httpx

from sakark_api.errors import Invalid, SchemasUnavailable
from sakark_api.texts import Text, text

__all__ = [
    "OF_DEPOSIT",
    "OF_SIP",
    "SKJEMAER",
    "Skjema",
    "fetch",
    "is_official",
    "read_schemas",
    "skjema_path",
    "wrong_in",
]

_ARKIVVERKET = "https://schema.arkivverket.no/"
_ARKADE = (
    "https://raw.githubusercontent.com/arkivverket/arkade5/master/"
    "src/Arkivverket.Arkade.Core/ExternalModels/xsd/"
)
_LOC = "https://www.loc.gov/standards/"
_SECONDS = 30.0


@dataclass(frozen=True)
class Skjema:
    """A schema: where it lies in the folder of schemas, where it comes from, and its SHA-256."""

    path: str
    source: str
    sha256: str


def _noark(version: str, digests: dict[str, str]) -> list[Skjema]:
    return [
        Skjema(f"noark5/v{version}/{name}.xsd", f"{_ARKIVVERKET}N5/v{version}/{name}.xsd", digest)
        for name, digest in digests.items()
    ]


SKJEMAER: Final[Sequence[Skjema]] = (
    *_noark(
        "3.1",
        {
            "arkivstruktur": "f099781ffeb81b5a16bc9fcb89e3b2b28047f4cd75ebd2583fa120be09b75b20",
            "endringslogg": "960e697887953832d5b52ac18a5c57c0cefa5a3d6e0ed6591f61b2bdadcd22e6",
            "loependeJournal": "8056192d9734b267db1f00ec1ec033e41f4cefda2197dfcbc49f3b78944d93a6",
            "metadatakatalog": "29cab7473ed02bb0dc2b1b7ec7573cd60c1c1c2141439af3b4af883f454c86b4",
            "offentligJournal": "be30b1da252807447cb78873529fb0ea266fbcaa8878db8a3e7b456f5adeddab",
        },
    ),
    *_noark(
        "4.0",
        {
            "arkivstruktur": "6b3092d44904836c7cc94ded7fce104fad43a4889b3544acbcd24a057d2e44eb",
            "endringslogg": "6ffed4b158578dcad3a571f9090cf8b728309f28d8210a02e9c5705e435ad5c6",
            "loependeJournal": "8a05867384eca031cbe2cd3af5d4d3154a27afc7ae18682b9dde7d1f1a0f76d5",
            "metadatakatalog": "43896558d3882ba44618a57df9fd8e3d0ba714fb26cd5c0aa84d03e7dbdd1431",
            "offentligJournal": "55890f63184f4aee1e59ab0cfd782e5df47dc8854805ab2cc5e07dac16a76d9d",
        },
    ),
    *_noark(
        "5.0",
        {
            "arkivstruktur": "77acc0f549f4f3856f56429cb30e6b626ddb05d8b8a3d6cae00cb5911b60f58c",
            "endringslogg": "07cbc86e8b3c4b42ed831cdd5c09aa402a2c4049bbca2d287e184f3138edf1de",
            "loependeJournal": "a631f05eac6496394e78597ac7d20d9e1269fcaccb6d1a8f5c50c75e53384f27",
            "metadatakatalog": "c7c0a7e7996f60b4c28eacd0e34e6af0d6ca2cfb76f58080221e163fb972a305",
            "offentligJournal": "e3d9befccf53255be8233d2836ef1de35d9270d95bb3bcbd58ca63544fe170b3",
        },
    ),
    Skjema(
        "addml/8.2/addml.xsd",
        f"{_ARKIVVERKET}ADDML/v8.2/addml.xsd",
        "4dc20e5dbf21e94cf211464e9a60b99acd24c45b46ecbf872a32fe2384b904e6",
    ),
    Skjema(
        "addml/8.3/addml.xsd",
        f"{_ARKIVVERKET}ADDML/v8.3/addml.xsd",
        "ae2c4c9be0c1f4f291be36db3dfc069085f35eb515b072d3b1230ac89647d5dd",
    ),
    Skjema(
        "mets/arkade/DIAS_METS.xsd",
        f"{_ARKADE}DIAS_METS.xsd",
        "67b13f76ffe8ea63a76ec88d1940568d8c22e1f654da991cbda1319fad541741",
    ),
    Skjema(
        "mets/arkade/submissionDescription.xsd",
        f"{_ARKADE}submissionDescription.xsd",
        "f13b18f99b0db876c71163cdaff871724ca2833f2a14481cc91462377fa2638c",
    ),
    Skjema(
        "mets/arkade/xlink.xsd",
        f"{_LOC}xlink/xlink.xsd",
        "f1f5bb6003165cdd8f6c1fcc32f8fd1f965e1681010f3b9806d9460bcffa8a3c",
    ),
    Skjema(
        "premis/DIAS_PREMIS.xsd",
        f"{_ARKADE}DIAS_PREMIS.xsd",
        "5131975b732ca285dbb4dfdafd85dde122eb384db3984e9aec2598057671e017",
    ),
)
"""The schemas that packages are made with and held against."""

OF_DEPOSIT: Final[Mapping[str, Skjema]] = {
    PurePath(one.path).name: one
    for one in SKJEMAER
    if one.path.startswith(("noark5/v5.0/", "addml/8.3/"))
}
"""Those that come along in a deposit of version 5.0, by their names there."""

OF_SIP: Final[Mapping[str, Skjema]] = {
    PurePath(one.path).name.lower().replace("_", "-"): one
    for one in SKJEMAER
    if PurePath(one.path).name.startswith("DIAS_")
}
"""Those that come along in a package for submission (DIAS), by their names there."""

_EARLIER: Final = frozenset(
    {
        "85986f7c8fac408cca568a0436b26f5b2837d420877a529962437d21c71fac82",
        "9c0aa09d77ce76077f6f65f0a7500f5cf3dadd82410a1ab38cbfd32a76e93d20",
        "e1c2737159f40e67627329de851d49d841617dddc360ccf3aeea1ffc1ef72e6c",
        "df9c4bb29a4fc49d452586337c01666f286c7070fe170792b99faf3ef652cf8c",
        "0e8d3b49eeb9eab496bc2ea2f8af9160e6e2526485fe27e377a508b3946bff6e",
    }
)
"""What stood in their places before; packages made then have these."""


def skjema_path(folder: Path, version: str, name: str) -> Path:
    """Tell where a schema of Noark 5 lies: `name` is `arkivstruktur.xsd`, or `addml.xsd`."""
    return folder / ("addml/8.3" if name == "addml.xsd" else f"noark5/v{version}") / name


def wrong_in(folder: Path, skjemaer: Sequence[Skjema] = SKJEMAER) -> Iterator[tuple[Skjema, Text]]:
    """List the schemas that a folder lacks, or has with other bytes, and what to do about it."""
    for one in skjemaer:
        path = folder / one.path
        if not path.is_file():
            yield one, text("{fil} mangler. Kjør: sakark schemas fetch", fil=one.path)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != one.sha256:
            yield one, text("{fil} er endret. Kjør: sakark schemas fetch", fil=one.path)


def read_schemas(folder: Path | None, wanted: Mapping[str, Skjema]) -> dict[str, bytes]:
    """Read schemas byte for byte as they are to come along, by their names there (6.4.18).

    Raises `Invalid` where there is no folder, or one is missing or changed.
    """
    if folder is None:
        raise Invalid(text("Sett SAKARK_SCHEMAS_DIR, eller --schemas, til mappen med skjemaene."))
    wrong = [str(why) for _, why in wrong_in(folder, tuple(wanted.values()))]
    if wrong:
        raise Invalid(text("Skjemaene i {mappe}: {mangler}", mappe=folder, mangler=" ".join(wrong)))
    return {name: (folder / one.path).read_bytes() for name, one in wanted.items()}


def fetch(
    folder: Path, base: str | None, skjemaer: Sequence[Skjema] = SKJEMAER
) -> Iterator[Skjema]:
    """Fetch the schemas that a folder does not have, and give each as it is written.

    From where they are published, or from `base`, a copy of the folder on another server. Raises
    `SchemasUnavailable` when a schema cannot be fetched, or is another than the one wanted; what
    was written before that stays.
    """
    wanted = [one for one, _ in wrong_in(folder, skjemaer)]
    with httpx.Client(timeout=_SECONDS, follow_redirects=True) as client:
        for one in wanted:
            address = one.source if base is None else urljoin(f"{base.rstrip('/')}/", one.path)
            content = _as_published(_get(client, address), one, address)
            path = folder / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            yield one


def _get(client: httpx.Client, address: str) -> bytes:
    try:
        return client.get(address).raise_for_status().content
    except httpx.HTTPError as error:
        raise SchemasUnavailable(
            text(
                "{adresse} kan ikke hentes ({feil}). Prøv igjen, eller oppgi en kopi med --fra.",
                adresse=address,
                feil=type(error).__name__,
            )
        ) from error


def _as_published(content: bytes, wanted: Skjema, address: str) -> bytes:
    """Give the bytes as they were published: version control may have changed the line ends."""
    for candidate in _with_line_ends(content):
        if hashlib.sha256(candidate).hexdigest() == wanted.sha256:
            return candidate
    raise SchemasUnavailable(
        text(
            "{adresse} er et annet skjema enn det som kontrollen er laget for. Oppgi en kopi av"
            " {fil} med --fra.",
            adresse=address,
            fil=wanted.path,
        )
    )


def is_official(name: str, content: bytes) -> bool:
    """Tell whether a schema of a package is one of those of its name; line ends do not matter."""
    known = {one.sha256 for one in SKJEMAER if one.path.endswith(f"/{name}")} | _EARLIER
    return any(hashlib.sha256(one).hexdigest() in known for one in _with_line_ends(content))


def _with_line_ends(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Give the bytes as they are, and as version control may have changed them."""
    plain = content.replace(b"\r\n", b"\n")
    return content, plain.replace(b"\n", b"\r\n"), plain
