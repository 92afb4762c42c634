"""What relation keys begin with: the standard's, and ours for what the standard has none for."""

from typing import Final

__all__ = ["OWN_REL", "REL"]

REL: Final = "https://rel.arkivverket.no/noark5/v5/api/"
"""Base of the standard's relation keys; every key ends in a slash."""

OWN_REL: Final = "https://rel.sakark.no/v1/"
"""Base of our own, for parts of core Noark that the interface leaves out."""
