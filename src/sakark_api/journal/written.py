"""A journal on its way out: as JSON, as XML by the standard's schema, or to be printed."""

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sakark_api.deponering.journaler import Journalhode, closing, opening
from sakark_api.deponering.xmlfil import DECLARATION, XmlFile
from sakark_api.errors import NotFound
from sakark_api.journal.asked import Asked, Form
from sakark_api.journal.trykkeri import Trykkeri
from sakark_api.rest.etag import is_current
from sakark_api.rest.links import Link, render
from sakark_api.rest.paging import next_query
from sakark_api.tenancy.kommune import Kommune
from sakark_api.texts import text

__all__ = ["Written"]


class Written:
    """What was found of a journal, whose it is, and what was asked for."""

    def __init__(
        self,
        name: str,
        kommune: Kommune,
        asked: Asked,
        row: Mapping[str, Any],
        rel: str,
        address: str,
    ) -> None:
        self._name = name
        self._kommune = kommune
        self._asked = asked
        self._row = row
        self._rel = rel
        self._address = address

    async def answer(
        self, request: Request, trykkeri: Trykkeri, headers: Mapping[str, str]
    ) -> Response:
        """Answer with the journal, or that the caller has it; what is printed is so only then."""
        form = self._asked.form
        body = {Form.JSON: self._json, Form.XML: self._xml, Form.PDF: self._order}[form](request)
        tag = f'"{sha256(form.encode() + body).hexdigest()[:32]}"'
        # Printed again it says the same, and when it was printed as well.
        given = {**headers, "etag": f"W/{tag}" if form is Form.PDF else tag}
        if is_current(request, tag):
            return Response(status_code=304, headers=given)
        if form is Form.PDF:
            body = await trykkeri.print(body)
        if form is not Form.JSON:
            name = f"{self._name}-{self._kommune.slug}-{self._asked.fra}-{self._asked.til}.{form}"
            given["content-disposition"] = f'inline; filename="{name}"'
        return Response(body, 200, given, form.media_type)

    def _json(self, request: Request) -> bytes:
        raw: bytes = request.scope["query_string"]
        query = raw.decode("ascii", "replace")
        here = f"{self._address}?{query}" if query else self._address
        links = [Link("self", here), Link(self._rel, here)]
        end = self._asked.skip + self._asked.top
        if self._asked.top and end < self._row["antall"]:
            links.append(Link("next", f"{self._address}?{next_query(query, end, self._asked.top)}"))
        body = {
            "count": self._row["antall"],
            "fra": self._asked.fra,
            "til": self._asked.til,
            "results": self._row["innfoeringer"],
            "_links": msgspec.Raw(render(links)),
        }
        return msgspec.json.encode(body)

    def _xml(self, _: Request) -> bytes:
        """Write it by the schema of the standard, whose journals have one entry at least."""
        if not self._row["antall"]:
            raise NotFound(text("Det er ingen journalposter i perioden. Velg en annen."))
        number = self._kommune.organisasjonsnummer or self._kommune.kommunenummer
        of = f"<arkivskaperID>{number}</arkivskaperID>"
        of += f"<arkivskaperNavn>{escape(self._kommune.navn)}</arkivskaperNavn>"
        head = Journalhode(
            self._asked.fra,
            self._asked.til,
            self._row["antall"],
            f"<arkivskaper>{of}</arkivskaper>",
        )
        written = BytesIO()
        file = XmlFile(written, ())
        for part in (
            DECLARATION,
            opening(self._name, head),
            f"{self._row['innfoeringer']}\n",
            closing(self._name),
        ):
            file.write(part)
        file.finish()
        return written.getvalue()

    def _order(self, _: Request) -> bytes:
        """Write what is to be printed (`trykk.Ordre`)."""
        return msgspec.json.encode(
            {
                "kommune": self._kommune.navn,
                "maalform": self._kommune.maalform,
                "fra": self._asked.fra,
                "til": self._asked.til,
                "offentlig": self._name == "offentligJournal",
                "poster": self._row["innfoeringer"],
            }
        )
