"""What an order of a deposit says, and which orders a list is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from sakark_api.deponering.dias.innsending import Innsending
from sakark_api.errors import Invalid
from sakark_api.rest.paging import LARGEST_SKIP, given_in, number
from sakark_api.rest.schema import Body
from sakark_api.texts import text

__all__ = ["NyttUttrekk", "Page", "parse_page", "refuse_odd_period"]

LARGEST_PAGE: Final = 100
_PAGE: Final = 20
_MOST_PARTS: Final = 1000


class NyttUttrekk(Body):
    """Hva et uttrekk skal være av: det samme som `sakark export` tar."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"fra": "2014-01-01", "til": "2018-12-31"}]}
    )
    arkivdel: Annotated[Sequence[UUID], Field(max_length=_MOST_PARTS)] = Field(
        default=(),
        description=str(text("systemID til arkivdelene; uten noen blir det alle avsluttede")),
    )
    fra: date | None = Field(
        default=None, description=str(text("Bare det som ble avsluttet denne dagen eller senere"))
    )
    til: date | None = Field(
        default=None, description=str(text("Bare det som ble avsluttet denne dagen eller før"))
    )
    produksjonsformat: bool = Field(
        default=False,
        description=str(
            text("Ta med dokumenter uten arkivformat som de er; avtal det med depotet")
        ),
    )
    dias: Innsending | None = Field(
        default=None,
        description=str(text("Pakk uttrekket for innsending (DIAS SIP), med disse opplysningene")),
    )


def refuse_odd_period(order: NyttUttrekk) -> None:
    """Refuse a period that ends before it begins."""
    if order.fra and order.til and order.til < order.fra:
        raise Invalid(text("Perioden slutter før den begynner. Bytt om fra og til."))


@dataclass(frozen=True)
class Page:
    """Which of the orders are wanted."""

    top: int
    skip: int


def parse_page(query: str) -> Page:
    """Read the query of the list of orders."""
    asked = given_in(query, ("$top", "$skip"))
    top, skip = number(asked, "$top", LARGEST_PAGE), number(asked, "$skip", LARGEST_SKIP)
    return Page(_PAGE if top is None else top, skip or 0)
