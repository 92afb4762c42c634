"""Documents for fifty years: what a file is, whether it may be kept, and its archive format.

Plain synchronous functions on files of the local disk; they know no database, entity or web.

| Module | Tells, or does |
|---|---|
| `identify` | which format the bytes are of, by PRONOM id |
| `policy`, `policy.toml` | what is done with each format |
| `verdict` | what can be done with this file, and why |
| `package`, `pdfa`, `clamd` | what the verdict hangs on: locks, macros, bombs; PDF/A; viruses |
| `convert` | PDF/A of a document, validated |
| `words`, `preview` | its text, its first page |
| `epost`, `heads` | an e-mail's parts, and what its heads say |
| `sandbox`, `sakark_api.inside` | how programs and libraries in C run on what others have sent |
| `machine` | which programs are here |
"""

from sakark_api.formats.convert import Conversion, Unconvertible, convert
from sakark_api.formats.epost import MOST_DEPTH, Attachment, EMail, take_apart
from sakark_api.formats.heads import Address, Heads, read_heads
from sakark_api.formats.identify import Identification, identify
from sakark_api.formats.machine import Tool, tools
from sakark_api.formats.policy import is_mail
from sakark_api.formats.preview import preview_of
from sakark_api.formats.sandbox import WORK_FOLDER, ToolFailed, ToolMissing, isolated
from sakark_api.formats.verdict import Examination, Verdict, examine
from sakark_api.formats.words import text_of

__all__ = [
    "MOST_DEPTH",
    "WORK_FOLDER",
    "Address",
    "Attachment",
    "Conversion",
    "EMail",
    "Examination",
    "Heads",
    "Identification",
    "Tool",
    "ToolFailed",
    "ToolMissing",
    "Unconvertible",
    "Verdict",
    "convert",
    "examine",
    "identify",
    "is_mail",
    "isolated",
    "preview_of",
    "read_heads",
    "take_apart",
    "text_of",
    "tools",
]
