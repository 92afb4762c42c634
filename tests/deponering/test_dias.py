"""A package for submission (DIAS SIP): its parts where they are to be, and every checksum right."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.conftest import Client, Service
from tests.deponering.conftest import Arkiv, texts_of
from tests.deponering.test_uttrekk import client, fetch, folder, made, ordered, worker
from tests.jobs.conftest import Worker

from sakark_api.deponering.kontroll import check

__all__ = ["client", "folder", "worker"]

XLINK = "{http://www.w3.org/1999/xlink}href"
SUBMISSION = "https://rel.sakark.no/v1/uttrekk/innsending/"
SAID = {
    "mottaker": "IKA Møre og Romsdal",
    "avtale": "2026/117 <æ>",
    "prosjekt": "Sak og arkiv",
    "referansekode": "MR-1",
    "avleverer": {
        "navn": "Vestnes kommune",
        "kontaktperson": "Kari Nordmann",
        "telefon": "71000000",
        "epost": "kari@example.no",
    },
}
OWN = {
    "dias-mets.xml",
    "dias-mets.xsd",
    "log.xml",
    "administrative_metadata/dias-premis.xml",
    "administrative_metadata/dias-premis.xsd",
    "administrative_metadata/arkivuttrekk.xml",
    "administrative_metadata/addml.xsd",
}


class Xlink(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Finds the schema of links beside the others, whatever address it is asked for by."""

    def __init__(self, schemas: Path) -> None:
        self._path = schemas / "mets" / "arkade" / "xlink.xsd"

    def resolve(self, url: str, _: str, context: Any) -> Any:
        return self.resolve_filename(str(self._path), context) if "xlink" in url else None


@pytest.fixture(scope="session")
def schema(schemas: Path) -> Callable[[str], etree.XMLSchema]:
    """Give an official schema by its path."""

    def schema(path: str) -> etree.XMLSchema:
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(Xlink(schemas))
        return etree.XMLSchema(etree.parse(schemas / path, parser))

    return schema


@pytest.fixture(scope="session")
def packed(
    deposit: Path, schemas: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A package by the command, and the folder that the machine's own tar unpacks it to."""
    out = tmp_path_factory.mktemp("dias")
    said = out / "innsending.json"
    said.write_text(json.dumps(SAID), encoding="utf-8")
    words = ["deposit", "dias", str(deposit), str(out / "ut"), "--opplysninger", str(said)]
    subprocess.run(
        [str(Path(sys.executable).with_name("sakark")), *words],
        env={**os.environ, "SAKARK_SCHEMAS_DIR": str(schemas)},
        check=True,
    )
    (package,) = (out / "ut").glob("*.tar")
    subprocess.run(["tar", "-xf", str(package), "-C", str(out)], check=True)
    return package, out / package.stem


def listed(file: Path) -> dict[str, tuple[str, int]]:
    """Give the checksum and the size that a METS file tells of each file."""
    return {
        one.find("{*}FLocat").get(XLINK).removeprefix("file:"): (
            one.get("CHECKSUM"),
            int(one.get("SIZE")),
        )
        for one in etree.parse(file).iter("{*}file")
    }


def measured(root: Path) -> dict[str, tuple[str, int]]:
    """Give the checksum and the size of every file in a folder."""
    return {
        path.relative_to(root).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_size,
        )
        for path in root.rglob("*")
        if path.is_file()
    }


def test_every_file_is_listed_with_its_checksum_and_size(packed: tuple[Path, Path]) -> None:
    _, root = packed

    found = measured(root)

    assert found.pop("dias-mets.xml")
    assert listed(root / "dias-mets.xml") == found


def test_the_description_beside_tells_of_the_package_and_of_its_list(
    packed: tuple[Path, Path],
) -> None:
    package, root = packed

    told = listed(package.with_suffix(".xml"))

    assert told == {
        package.name: measured(package.parent)[package.name],
        f"{root.name}/dias-mets.xml": measured(root)["dias-mets.xml"],
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("dias-mets.xml", "mets/arkade/DIAS_METS.xsd"),
        ("administrative_metadata/dias-premis.xml", "premis/DIAS_PREMIS.xsd"),
        ("log.xml", "premis/DIAS_PREMIS.xsd"),
        ("", "mets/arkade/submissionDescription.xsd"),
    ],
)
def test_what_the_package_says_of_itself_is_valid(
    packed: tuple[Path, Path],
    schema: Callable[[str], etree.XMLSchema],
    name: str,
    path: str,
) -> None:
    package, root = packed
    file = root / name if name else package.with_suffix(".xml")

    schema(path).assertValid(etree.parse(file))


def test_everything_is_where_it_is_to_be(packed: tuple[Path, Path], deposit: Path) -> None:
    package, root = packed

    content = measured(root / "content")

    assert set(measured(root)) == OWN | {f"content/{name}" for name in content}
    assert content == measured(deposit)
    assert (root / "descriptive_metadata").is_dir()
    assert package.stem == package.stem.lower() == root.name
    assert not check(root, None).faulty


def test_schemas_are_the_official_ones(packed: tuple[Path, Path], schemas: Path) -> None:
    _, root = packed

    assert (root / "dias-mets.xsd").read_bytes() == (
        schemas / "mets" / "arkade" / "DIAS_METS.xsd"
    ).read_bytes()


def test_who_had_to_do_with_it_is_told(packed: tuple[Path, Path]) -> None:
    _, root = packed
    agents = {
        (one.get("ROLE"), one.get("OTHERROLE"), one.get("TYPE")): [
            each.text for each in one.iterchildren()
        ]
        for one in etree.parse(root / "dias-mets.xml").iter("{*}agent")
    }

    assert agents["PRESERVATION", None, "ORGANIZATION"] == ["IKA Møre og Romsdal"]
    assert agents["OTHER", "SUBMITTER", "INDIVIDUAL"] == [
        "Kari Nordmann",
        "71000000",
        "kari@example.no",
        "notescontent:Telephone,Email",
    ]
    assert agents["OTHER", "PRODUCER", "OTHER"] == [
        "sakark",
        "Noark5",
        "5.0",
        "notescontent:Type,TypeVersion",
    ]
    assert agents["ARCHIVIST", None, "ORGANIZATION"] == [
        texts_of(root / "content" / "arkivstruktur.xml", "arkivskaperNavn")[0]
    ]


def test_ids_of_the_submission_are_told(packed: tuple[Path, Path]) -> None:
    package, root = packed
    inside, beside = (
        {one.get("TYPE"): one.text for one in etree.parse(file).iter("{*}altRecordID")}
        for file in (root / "dias-mets.xml", package.with_suffix(".xml"))
    )

    assert inside.pop("PROJECTNAME") == "Sak og arkiv"
    assert inside == beside
    assert (inside["SUBMISSIONAGREEMENT"], inside["REFERENCECODE"]) == ("2026/117 <æ>", "MR-1")
    assert {"STARTDATE", "ENDDATE"} <= set(inside)


def test_only_the_owner_can_read_a_package(packed: tuple[Path, Path]) -> None:
    package, _ = packed

    assert stat.S_IMODE(package.stat().st_mode) == 0o600


@pytest.mark.parametrize("said", [{}, {"mottaker": "IKA", "avtale": "1\n2"}, {**SAID, "ukjent": 1}])
def test_what_does_not_tell_enough_makes_no_package(
    deposit: Path, schemas: Path, tmp_path: Path, said: Any
) -> None:
    file = tmp_path / "innsending.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    words = ["deposit", "dias", str(deposit), str(tmp_path / "ut"), "--opplysninger", str(file)]

    done = subprocess.run(
        [str(Path(sys.executable).with_name("sakark")), *words],
        env={**os.environ, "SAKARK_SCHEMAS_DIR": str(schemas)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode != 0
    assert "Feltet" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "ut").exists()


def test_a_deposit_is_ordered_for_submission(
    client: Client, arkiv: Arkiv, worker: Worker, service: Service, tmp_path: Path
) -> None:
    del service
    done = made(worker, client, ordered(client, arkiv.arkivdel, dias=SAID))
    package = tmp_path / done["resultat"]["filnavn"]
    package.write_bytes(fetch(client, done).content)
    beside = client.get(client.link(done, SUBMISSION))
    package.with_suffix(".xml").write_bytes(beside.content)

    subprocess.run(["tar", "-xf", str(package), "-C", str(tmp_path)], check=True)

    root = tmp_path / done["systemID"]
    found = measured(root)
    told = listed(package.with_suffix(".xml"))
    assert done["dias"] == {**SAID, "status": "NEW"} | {"arkivskaper": [], "eier": []}
    assert told[package.name] == (done["resultat"]["sjekksum"], package.stat().st_size)
    assert told[f"{root.name}/dias-mets.xml"] == found.pop("dias-mets.xml")
    assert listed(root / "dias-mets.xml") == found
    assert not check(root, None).faulty
