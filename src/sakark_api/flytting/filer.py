"""Files on their way: out of the storage to a package, and from a package into a storage."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from sakark_api.deponering.utvalg import Utvalg
from sakark_api.flytting.pakke import Pakke
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import Dokumentbeskrivelse
from sakark_api.noark.arkivstruktur.dokumentobjekt import Dokumentobjekt
from sakark_api.noark.model import table_of
from sakark_api.rest.tenant import TENANT, same_kommune
from sakark_api.storage.documents import Documents
from sakark_api.tenancy.kommune import Kommune
from sakark_api.tenancy.relocation import Copied, Copying, copy_file, some_at_once
from sakark_api.tenancy.session import Writer
from sakark_api.tenancy.verification import File, pages_of_files

__all__ = ["arriving_key", "bring", "copy_over", "fetch"]


async def fetch(documents: Documents, pakke: Pakke) -> AsyncIterator[Copied]:
    """Copy every file of the list out; what is whole there already is read, and not fetched again.

    A file that is not as its row says is told of and left.
    """
    kept = pakke.documents()
    copying = Copying(documents, kept, read=True)

    async def one(file: File) -> Copied:
        found = await copy_file(copying, file)
        if found.target is None:
            return found
        await kept.delete(file.key)  # half of what somebody wrote there
        return await copy_file(copying, file)

    async for copied in some_at_once(pakke.files(), one):
        yield copied


async def bring(
    documents: Documents, pakke: Pakke, fra: str, til: str, left_out: Collection[str]
) -> AsyncIterator[Copied]:
    """Copy every file of the list in, under the kommune's name here; each is summed on its way."""
    copying = Copying(pakke.documents(), documents, read=True)
    wanted = (file for file in pakke.files() if file.key not in left_out)
    async for copied in some_at_once(
        wanted, lambda file: copy_file(copying, file, arriving_key(file.key, fra, til))
    ):
        yield copied


def arriving_key(key: str, fra: str, til: str) -> str:
    """Give the key of a file where its kommune has another name."""
    return f"{til}/{key.removeprefix(f'{fra}/')}" if key.startswith(f"{fra}/") else key


async def copy_over(
    writer: Writer,
    documents: Documents,
    fra: Kommune,
    til: Kommune,
    arkivdeler: Sequence[UUID] | None = None,
) -> AsyncIterator[Copied]:
    """Copy a kommune's files to be another's too, or those in some arkivdeler only.

    Those that are there are read and left.
    """
    copying = Copying(documents, documents, read=True)
    within = None if arkivdeler is None else _files_in(arkivdeler).params({TENANT: fra.id})
    async for files in pages_of_files(writer, fra.id, within):
        async for copied in some_at_once(
            files, lambda file: copy_file(copying, file, arriving_key(file.key, fra.slug, til.slug))
        ):
            yield copied


def _files_in(arkivdeler: Sequence[UUID]) -> Select[Any]:
    """Select the dokumentobjekter of what is in some arkivdeler."""
    files, documents = (table_of(one).alias() for one in (Dokumentobjekt, Dokumentbeskrivelse))
    return (
        select(files.c.system_id)
        .join(documents, documents.c.system_id == files.c.dokumentbeskrivelse_ref)
        .where(
            same_kommune(files),
            same_kommune(documents),
            Utvalg(arkivdeler).has_dokument(documents),
        )
    )
