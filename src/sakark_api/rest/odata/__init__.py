"""The OData subset of the standard: $filter, $orderby and $search as trees and as SQL."""

from sakark_api.rest.odata.field import (
    Condition,
    Field,
    FieldKind,
    Fields,
    Members,
    Scope,
    unknown_field,
)
from sakark_api.rest.odata.parser import parse_filter, parse_orderby, parse_search
from sakark_api.rest.odata.shape import Expansion, parse_expand, parse_select
from sakark_api.rest.odata.sql import Binding, Compiled, compile_filter, ordering
from sakark_api.rest.odata.tree import Filter, Node, Order, paths

__all__ = [
    "Binding",
    "Compiled",
    "Condition",
    "Expansion",
    "Field",
    "FieldKind",
    "Fields",
    "Filter",
    "Members",
    "Node",
    "Order",
    "Scope",
    "compile_filter",
    "ordering",
    "parse_expand",
    "parse_filter",
    "parse_orderby",
    "parse_search",
    "parse_select",
    "paths",
    "unknown_field",
]
