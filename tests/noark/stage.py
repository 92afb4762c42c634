"""A stage for the rules: a structure that they share, and quick ways to make what each needs."""

from functools import cached_property
from typing import Any
from uuid import uuid4

from tests.conftest import World
from tests.noark.attempts import Give, Unit
from tests.noark.conftest import part

__all__ = ["CLOSING", "SOME", "Stage", "status"]

SOME = "2026-01-31T12:00:00+01:00"


class Stage(World):
    """A structure that the rows share, and what they make of their own."""

    def change(self, unit: Unit, **members: Any) -> Any:
        tag = {"If-Match": self.client.etag(unit)}
        answer = self.client.patch(self.client.link(unit, "self"), members, headers=tag)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def made(self, owner: Unit, kind: str, **body: Any) -> Any:
        here = f"{self.client.link(owner, 'self')}ny-{kind}/"
        titled = {} if kind in UNTITLED else {"tittel": f"{kind.capitalize()} {uuid4().hex}"}
        answer = self.client.post(here, {**titled, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def new_arkiv(self) -> Any:
        return self.made(self.arkivskaper, "arkiv")

    def new_arkivdel(self, status: str = "A", **given: Any) -> Any:
        return self.made(self.arkiv, "arkivdel", arkivdelstatus={"kode": status}, **given)

    def system(self, arkivdel: Unit | None = None) -> Any:
        return self.made(arkivdel or self.new_arkivdel(), "klassifikasjonssystem")

    def new_klasse(self, above: Unit | None = None, kode: str = "1") -> Any:
        return self.made(above or self.system(), "klasse", klasseID=kode)

    def new_mappe(self, owner: Unit | None = None) -> Any:
        return self.made(owner or self.arkivdel, "mappe")

    def case(self, owner: Unit | None = None, **given: Any) -> Any:
        return self.made(owner or self.klasse, "saksmappe", **given)

    def entry(
        self, kind: str = "X", status: str = "R", owner: Unit | None = None, **given: Any
    ) -> Any:
        roles = {"I": ["EA"], "U": ["EM"], "N": ["IA", "IM"], "X": ["IA"]}[kind]
        return self.made(
            owner or self.case(),
            "journalpost",
            journalposttype={"kode": kind},
            journalstatus={"kode": status},
            **{"korrespondansepartperson": [part("Ola", role) for role in roles], **given},
        )

    def paper(self, post: Unit, status: str = "F", **given: Any) -> Any:
        return self.made(post, "dokumentbeskrivelse", dokumentstatus={"kode": status}, **given)

    def version(self, paper: Unit, variant: str = "P", *, filed: bool = False) -> Any:
        here = f"{self.client.link(paper, 'self')}ny-dokumentobjekt/"
        made = self.client.post(here, {"variantformat": {"kode": variant}}).json()
        if filed:
            answer = list(Give(made).over_http(self.client))[-1]
            assert answer.status_code == 201, answer.text
            return answer.json()
        return made

    def closed(self, unit: Unit) -> Any:
        """Close a unit, in the way of its kind."""
        name = self.client.link(unit, "self").rstrip("/").split("/")[-2]
        return self.change(unit, **CLOSING.get(name, {"avsluttetDato": SOME}))

    def hides(self, unit: Unit) -> bool:
        """Grade a unit higher than anybody here is cleared for, if such can be graded."""
        here = self.client.link(unit, "self")
        tag = {"If-Match": self.client.etag(unit)}
        answer = self.client.patch(here, {"gradering": HIGHEST}, headers=tag)
        assert answer.status_code in {204, 400}, answer.text
        return answer.status_code == 204

    def order(self, unit: Unit, **given: Any) -> Any:
        return self.made(unit, "bevaringspaalegg", hjemmel="Arkivlova § 13", **given)

    def passing(self, **given: Any) -> tuple[Any, Any]:
        """Give a mappe in an arkivdel that overlaps, and the arkivdel it is to pass on into."""
        arkivdel, successor = self.new_arkivdel(**given), self.new_arkivdel()
        mappe = self.new_mappe(arkivdel)
        overlaps = {"referanseArvtaker": successor["systemID"], **status("arkivdelstatus", "O")}
        self.change(arkivdel, **overlaps)
        return mappe, successor

    def arkivdel_of(self, mappe: Unit) -> Any:
        return self.client.get(f"{self.client.link(mappe, 'self')}arkivdel/").json()

    def orders_over(self, unit: Unit) -> Any:
        """List the orders over a unit itself; there is one at least."""
        here = f"{self.client.link(unit, 'self')}bevaringspaalegg/"
        return self.client.get(here).json()["results"]

    def presedens_of(self, owner: Unit, **given: Any) -> Any:
        return self.made(owner, "presedens", rettskildefaktor="Praksis", **given)

    def parts(self, post: Unit) -> Any:
        here = f"{self.client.link(post, 'self')}korrespondansepart/"
        return self.client.get(here).json()["results"]

    @cached_property
    def other_klasse(self) -> Any:
        return self.made(self.klassifikasjonssystem, "klasse", klasseID="M1")


HIGHEST = {"graderingskode": {"kode": "SH"}}
UNTITLED = {"avskrivning", "bevaringspaalegg", "konvertering"}
CLOSING: dict[str, dict[str, Any]] = {
    "arkiv": {"arkivstatus": {"kode": "A"}},
    "arkivdel": {"arkivdelstatus": {"kode": "P"}},
    "saksmappe": {"saksstatus": {"kode": "A"}},
    "presedens": {"presedensStatus": {"kode": "F"}},
    "registrering": {"arkivertDato": SOME},
}


def status(name: str, kode: str) -> dict[str, Any]:
    return {name: {"kode": kode}}
