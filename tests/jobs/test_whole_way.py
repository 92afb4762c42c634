"""Files of every kind, from an upload to what the archive has of them, by real programs."""

import asyncio
import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from bench.documents import Done, found, send_papers, table
from bench.papers import KINDS, make_papers
from tests.conftest import Service
from tests.formats.test_documents import needs
from tests.jobs.conftest import Worker, as_owner

from sakark_api.jobs.examining import examine_document
from sakark_api.jobs.tools import Tools

CONVERTED = ("docx", "odt", "doc", "rtf", "html", "xlsx", "ods", "xls", "pptx", "odp", "pdf", "gif")
MAILS = ("eml", "msg")
AS_THEY_ARE = ("pdfa", "png", "jpg", "tif", "txt", "wav")
AT_ONCE = 2
VERDICTS = {
    **dict.fromkeys((*CONVERTED, *MAILS), "konvertert"),
    **dict.fromkeys(AS_THEY_ARE, "arkivformat"),
    "zip": "beholdes",
    "låst docx": "passord",
    "låst pdf": "passord",
    "docm": "makroer",
    "bombe": "bombe",
    "falsk pdfa": "falsk_pdfa",
    "feilmerket": "feilmerket",
    "ukjent": "ukjent",
}


async def _examine_all(tools: Tools, units: list[str]) -> None:
    molde = (await tools.registry.current())["molde"].id
    turns = asyncio.Semaphore(AT_ONCE)

    async def examine(unit: str) -> None:
        async with turns:
            await examine_document(tools, molde, UUID(unit))

    await asyncio.gather(*map(examine, units))


@pytest.mark.timeout(600)
@needs("soffice", "gs", "verapdf")
@pytest.mark.krav("M615", "M712")
def test_one_of_each_kind_is_known_and_converted_or_clearly_refused(
    service: Service, tmp_path: Path
) -> None:
    papers = make_papers(tmp_path, 1, random.Random(1))
    kinds = send_papers(service.url, service.token("saksbehandler@molde"), papers)

    Worker(service.settings).do(partial(_examine_all, units=list(kinds)))

    done = [one for one in asyncio.run(found(service.settings, kinds)) if one.kind in KINDS]
    assert {one.kind: one.verdict for one in done} == VERDICTS
    assert {one.kind for one in done if one.task} == KINDS.keys() - {
        *CONVERTED,
        *MAILS,
        *AS_THEY_ARE,
    }
    assert comments(service, kinds) == {"validert med veraPDF"}


def comments(service: Service, kinds: Mapping[str, str]) -> set[str]:
    """Tell who has said that the archive formats beside some files are such."""
    rows = as_owner(
        service,
        "select k.konverteringskommentar from konvertering k"
        " join dokumentobjekt copy on copy.system_id = k.dokumentobjekt_ref"
        " join dokumentobjekt o on o.dokumentbeskrivelse_ref = copy.dokumentbeskrivelse_ref"
        " where o.system_id = any($1::uuid[])",
        list(kinds),
    )
    assert len(rows) == len((*CONVERTED, *MAILS))
    return {row[0].split(", ")[1].split(".")[0] for row in rows}


def test_the_table_has_a_line_for_each_kind_and_counts_what_differs() -> None:
    done = [
        Done("docx", "fmt/412", "konvertert", task=False, seconds=2.0),
        Done("docx", "fmt/412", "avvist", task=True, seconds=4.0),
        Done("txt", "x-fmt/111", "arkivformat", task=False, seconds=0.5),
    ]

    assert table(done).splitlines()[2:] == [
        "| docx | 2 | fmt/412 | konvertert (1), avvist (1) | 1 | 3.0 | 4.0 |",
        "| txt | 1 | x-fmt/111 | arkivformat | 0 | 0.5 | 0.5 |",
    ]
