"""What boto3 has in memory for S3, without what is not used here: some ten megabytes of a process.

Its core, botocore, makes the same clients without boto3's own transfers and resources. Descriptions
of operations, their words for readers, and the addresses of AWS's other services would stay in
memory for as long as a client does.
"""

import gzip
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session, get_session

__all__ = ["lean_session"]

_OPERATIONS: Final = frozenset(
    {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CreateBucket",
        "CreateMultipartUpload",
        "DeleteObject",
        "GetObject",
        "HeadBucket",
        "HeadObject",
        "ListBuckets",
        "ListObjectVersions",
        "ListObjectsV2",
        "PutObject",
        "UploadPart",
    }
)
_SERVICES: Final = frozenset({"s3", "sts"})
"""Those whose addresses are kept: others have the address that AWS's names are made by."""


def lean_session() -> Session:
    """Make a session whose clients of S3 have the operations that documents are kept by."""
    core = get_session()
    core.register_component("data_loader", Loader(file_loader=_LeanFiles()))
    return core


class _LeanFiles(JSONFileLoader):
    def load_file(self, file_path: str) -> dict[str, Any] | None:
        """Read a file of botocore's, named without its ending; None when it is not there.

        What is not used is passed by unread: what is read and thrown away stays in the process.
        """
        content = _bytes_of(Path(f"{file_path}.json"))
        if content is None:
            return None
        parts = _parts(content)
        if file_path.endswith("endpoints"):
            return _with_few_services(parts)
        if _read(parts, {"metadata"}).get("metadata", {}).get("serviceId") == "S3":
            return _with_few_operations(parts)
        return _read(parts, parts)


def _bytes_of(file: Path) -> bytes | None:
    packed = file.with_name(f"{file.name}.gz")
    if packed.is_file():
        return gzip.decompress(packed.read_bytes())
    return file.read_bytes() if file.is_file() else None


def _parts(content: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(content, type=dict[str, msgspec.Raw])


def _read(parts: Mapping[str, msgspec.Raw], names: Collection[str]) -> dict[str, Any]:
    return {name: msgspec.json.decode(part) for name, part in parts.items() if name in names}


def _with_few_services(parts: dict[str, msgspec.Raw]) -> dict[str, Any]:
    partitions = []
    for partition in msgspec.json.decode(parts["partitions"], type=list[dict[str, msgspec.Raw]]):
        services = _read(_parts(partition.pop("services")), _SERVICES)
        partitions.append({**_read(partition, partition), "services": services})
    return {**_read(parts, parts.keys() - {"partitions"}), "partitions": partitions}


def _with_few_operations(parts: dict[str, msgspec.Raw]) -> dict[str, Any]:
    """Keep the operations in use, and the shapes that can be reached from them."""
    model = _read(parts, parts.keys() - {"operations", "shapes", "documentation"})
    operations = _read(_parts(parts["operations"]), _OPERATIONS)
    known, shapes = _parts(parts["shapes"]), dict[str, Any]()
    unread: list[Any] = [operations]
    while unread:
        part = unread.pop()
        if isinstance(part, list):
            unread.extend(part)
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("documentation"), str):
            del part["documentation"]
        name = part.get("shape")
        if isinstance(name, str) and name not in shapes:
            shapes[name] = msgspec.json.decode(known[name])
            unread.append(shapes[name])
        unread.extend(part.values())
    return {**model, "operations": operations, "shapes": shapes}
