"""Who reaches what, as docs/access.md has it in plain words; nothing here asks our own policy."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.trust.picture import CATEGORY, Picture, Unit, User

__all__ = ["ARCHIVISTS", "HANDLERS", "holds", "is_cleared_for", "orders_over", "reaches"]

ARCHIVISTS = frozenset({"arkivar", "administrator"})
HANDLERS = ARCHIVISTS | {"saksbehandler", "leder"}
OUTERMOST = "AKMRD"
RANK = {"B": 1, "F": 1, "K": 2, "SF": 2, "H": 3, "SH": 4}
AUTHORISED = 1
"""Begrenset and Fortrolig take no clearance of those who may see what is screened."""
MINE = ("referanseAdministrativEnhet", "referanseSaksansvarlig", "referanseSaksbehandler")
"""Where a case or a correspondent names who is responsible."""


def reaches(who: User, picture: Picture, unit: Unit, action: str = "les") -> bool:
    """Tell whether nothing but the role keeps somebody from `action` with a unit."""
    if unit.points_to is not None and not reaches(who, picture, unit.points_to, "les"):
        return False
    holder = unit.holder
    if holder is None:
        return True
    if not is_cleared(who, picture, holder) or is_kept_from(who, picture, holder):
        return False
    return is_given(who, picture, holder, action)


# What rights give.


def is_given(who: User, picture: Picture, unit: Unit, action: str) -> bool:
    """Tell whether some right gives it: to the unit or what it is in, or to its category."""
    rights = [one for one in rights_of(who, picture) if one.get(action) and not code_of(one)]
    near = is_near(who, picture, unit)
    around = {one.id for one in unit.whole}
    named = [one for one in rights if one.get("referanseArkivenhet") in around]
    if any(near or not one.get("egenEnhet") for one in named):
        return True
    own = CATEGORY[unit.kind]
    needed = OUTERMOST[: OUTERMOST.index(own) + 1] if action == "les" else own
    return all(
        any(
            near or not one.get("egenEnhet")
            for one in rights
            if "referanseArkivenhet" not in one and one["tilgangskategori"]["kode"] == category
        )
        for category in needed
    )


def rights_of(who: User, picture: Picture) -> Iterator[Mapping[str, Any]]:
    """List the rights of somebody's role and group that hold now."""
    for one in picture.rules(who.kommune, "tilgang"):
        if one.shown["rolle"] in who.groups and holds(one.shown):
            yield one.shown


def code_of(right: Mapping[str, Any]) -> str:
    return str(right.get("tilgangsrestriksjon", {}).get("kode", ""))


def holds(shown: Mapping[str, Any]) -> bool:
    """Tell whether something holds now, by its period."""
    now = datetime.now(UTC)
    since, until = (
        datetime.fromisoformat(shown[name]) if name in shown else now
        for name in ("gyldigFra", "gyldigTil")
    )
    return since <= now and ("gyldigTil" not in shown or now < until)


def is_near(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether somebody, or somebody's administrative unit, is responsible for a unit."""
    mine = set(mine_of(who, picture))
    parts = picture.within(unit.entry, "korrespondansepartintern") if unit.entry else []
    return any(one.shown.get(name) in mine for one in (*unit.whole, *parts) for name in MINE)


def mine_of(who: User, picture: Picture) -> Iterator[str]:
    """List somebody's bruker, administrative units and those below them, by systemID."""
    me = bruker_of(who, picture)
    if me is None:
        return
    yield me.id
    waiting = [one for one in picture.rules(who.kommune, "administrativenhet") if me in one.members]
    passed = set[Unit]()
    while waiting:
        enhet = waiting.pop()
        if enhet in passed:
            continue
        passed.add(enhet)
        yield enhet.id
        waiting += [
            one
            for one in picture.rules(who.kommune, "administrativenhet")
            if one.shown.get("referanseOverordnetEnhet") == enhet.id
        ]


def bruker_of(who: User, picture: Picture) -> Unit | None:
    found = picture.rules(who.kommune, "bruker")
    return next((one for one in found if one.texts == [who.name]), None)


# What is beside rights.


def is_kept_from(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether somebody is barred from what a unit is in, or that is blocked."""
    me = bruker_of(who, picture)
    around = unit.whole
    return any(
        one.above in around and holds(one.shown)
        for one in picture.rules(who.kommune, "inhabilitet", "sperring")
        if (
            who.role not in ARCHIVISTS
            if one.kind == "sperring"
            else me is not None and one.shown["referanseBruker"] == me.id
        )
    )


def is_cleared(who: User, picture: Picture, unit: Unit) -> bool:
    """Tell whether somebody may see how high a unit, or what it is in, is graded (C4.5.22)."""
    me = bruker_of(who, picture)
    own = me.shown if me is not None else {}
    lasts = "klareringGyldigTil" not in own or holds({"gyldigTil": own["klareringGyldigTil"]})
    cleared = RANK[own["klarering"]["kode"]] if "klarering" in own and lasts else 0
    most = max(cleared, AUTHORISED if who.role in HANDLERS else 0)
    return all(RANK.get(grade_of(one), 0) <= most for one in unit.whole)


def grade_of(unit: Unit) -> str:
    return str(unit.shown.get("gradering", {}).get("graderingskode", {}).get("kode", ""))


def is_cleared_for(who: User, picture: Picture, code: str) -> bool:
    """Tell whether somebody sees what is screened by a code (M500, C4.5.4)."""
    governed = any(code_of(one.shown) == code for one in picture.rules(who.kommune, "tilgang"))
    mine = any(code_of(one) == code and one["les"] for one in rights_of(who, picture))
    return who.role in HANDLERS and (mine or not governed)


# What is kept.


def orders_over(picture: Picture, *places: Unit) -> list[Unit]:
    """List the orders to keep that hold for any of some places."""
    return [
        one
        for one in picture.living("bevaringspaalegg")
        if one.above in places and holds(one.shown)
    ]
