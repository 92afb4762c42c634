"""The OData subset of the standard: $filter, $orderby and $search as trees and as SQL."""

from sakark_api.rest.odata.field import Field, FieldKind
from sakark_api.rest.odata.parser import parse_filter, parse_orderby, parse_search
from sakark_api.rest.odata.sql import Compiled, compile_filter, ordering
from sakark_api.rest.odata.tree import Filter, Node, Order

__all__ = [
    "Compiled",
    "Field",
    "FieldKind",
    "Filter",
    "Node",
    "Order",
    "compile_filter",
    "ordering",
    "parse_filter",
    "parse_orderby",
    "parse_search",
]
