"""A message of Outlook's (.msg), written byte by byte: no permissive library writes them.

The compound file is [MS-CFB] version 3 with sectors of 512 bytes, all streams in whole sectors of
the mini stream's 64; the properties are those of [MS-OXMSG].
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["write_message"]

_SECTOR, _MINI = 512, 64
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_UNICODE, _BINARY = 0x001F, 0x0102


@dataclass
class Entry:
    """One line of the directory: a storage with entries, or a stream with bytes."""

    name: str
    content: bytes | None = None
    entries: list["Entry"] = field(default_factory=list)


def write_message(path: Path, texts: Mapping[int, str], attachments: Mapping[str, bytes]) -> Path:
    """Write a message of properties by their number in [MS-OXPROPS], and of files by name."""
    attached = [
        Entry(
            f"__attach_version1.0_#{number:08X}",
            entries=_properties(bytes(8), {0x3707: name}, {0x3701: content}),
        )
        for number, (name, content) in enumerate(attachments.items())
    ]
    head = struct.pack("<8x4I8x", 0, len(attached), 0, len(attached))
    names = [Entry(f"__substg1.0_{number:04X}0102", bytes(16)) for number in (2, 3, 4)]
    named = Entry("__nameid_version1.0", entries=names)
    root = Entry("Root Entry", entries=[*_properties(head, texts, {}), named, *attached])
    path.write_bytes(_compound(root))
    return path


def _properties(head: bytes, texts: Mapping[int, str], bodies: Mapping[int, bytes]) -> list[Entry]:
    values = [(pid, _UNICODE, value.encode("utf-16-le"), 2) for pid, value in texts.items()]
    values += [(pid, _BINARY, value, 0) for pid, value in bodies.items()]
    listed = b"".join(
        struct.pack("<HHIII", kind, pid, 6, len(value) + extra, 0)
        for pid, kind, value, extra in values
    )
    streams = [Entry(f"__substg1.0_{pid:04X}{kind:04X}", value) for pid, kind, value, _ in values]
    return [Entry("__properties_version1.0", head + listed), *streams]


def _compound(root: Entry) -> bytes:
    listed, links = _directory(root)
    mini, minifat, starts = b"", [], []
    for entry in listed:
        starts.append(len(mini) // _MINI if entry.content else _END)
        if entry.content:
            count = -(-len(entry.content) // _MINI)
            first = len(mini) // _MINI
            minifat += [*range(first + 1, first + count), _END]
            mini += entry.content.ljust(count * _MINI, b"\0")
    fat_of_mini = struct.pack(f"<{len(minifat)}I", *minifat)
    parts = [b"".join(_lines(listed, links, starts, len(mini))), fat_of_mini, mini]
    fat, places, body = [_FAT], [], b""
    for part in parts:
        count = -(-len(part) // _SECTOR)
        places.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + count), _END]
        body += part.ljust(count * _SECTOR, b"\xff" if part is fat_of_mini else b"\0")
    body = body[:116] + struct.pack("<I", places[2]) + body[120:]  # the root's first sector
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(_SECTOR, b"\xff")
    return _header(places, -(-len(fat_of_mini) // _SECTOR)) + table + body


def _directory(root: Entry) -> tuple[list[Entry], dict[int, tuple[int, int]]]:
    """List every entry, and by its place its next sibling and first child."""
    listed, links, left = [root], {}, [0]
    siblings: dict[int, int] = {}
    while left:
        place = left.pop(0)
        ordered = sorted(listed[place].entries, key=lambda it: (len(it.name), it.name.upper()))
        first = len(listed)
        listed += ordered
        places = list(range(first, len(listed)))
        siblings |= dict(zip(places, [*places[1:], _FREE], strict=False))
        left += places
        links[place] = (siblings.get(place, _FREE), first if places else _FREE)
    return listed, links


def _lines(
    listed: list[Entry], links: dict[int, tuple[int, int]], starts: list[int], mini: int
) -> list[bytes]:
    lines = []
    for place, entry in enumerate(listed):
        kind = 5 if place == 0 else 1 if entry.content is None else 2
        name = entry.name.encode("utf-16-le")
        sibling, child = links[place]
        size = mini if place == 0 else len(entry.content or b"")
        lines.append(
            name.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(name) + 2, kind, 1, _FREE, sibling, child)
            + bytes(36)
            + struct.pack("<IQ", 0 if kind == 1 else starts[place], size)
        )
    return lines + [bytes(68) + struct.pack("<III", _FREE, _FREE, _FREE) + bytes(48)] * (
        -len(lines) % 4
    )


def _header(places: list[int], minifat_sectors: int) -> bytes:
    return (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + bytes(16)
        + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
        + struct.pack(
            "<IIIIIIIIII", 0, 1, places[0], 0, 4096, places[1], minifat_sectors, _END, 0, 0
        )
        + struct.pack("<108I", *[_FREE] * 108)
    )
