"""JSON without loss: integers of any size, and decimals with every digit that was written."""

from decimal import Decimal
from typing import Any

import msgspec

__all__ = ["read_json", "write_json"]

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def read_json(data: bytes | str) -> Any:
    """Read JSON; numbers with a point or an exponent become `Decimal`.

    Raises ValueError for what is no JSON, ArithmeticError for numbers beyond all measure, and
    RecursionError for what is nested too deep.
    """
    return _DECODER.decode(data)


def write_json(value: Any) -> str:
    """Write values as JSON text; a `Decimal` becomes a number, never a string."""
    return _ENCODER.encode(value).decode()
