"""Bytes made words again, in what Norwegian is written in: Unicode, or Windows' own."""

__all__ = ["decoded"]

_CHARACTER_SETS = ("utf_8", "utf_16", "utf_32", "cp1252")


def decoded(raw: bytes) -> str:
    """Read text in the most likely character set; of all there are, far too many are likely."""
    from charset_normalizer import from_bytes

    best = from_bytes(raw, cp_isolation=list(_CHARACTER_SETS)).best()
    return str(best) if best is not None else raw.decode("cp1252", "replace")
