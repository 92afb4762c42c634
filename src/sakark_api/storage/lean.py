"""What botocore reads of S3, without what is not used here: some ten megabytes of each process.

Its descriptions of operations, their words for readers, and the addresses of AWS's other services
stay in memory for as long as a client does.
"""

from typing import Any, Final

from boto3.session import Session
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import get_session

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
    return Session(botocore_session=core)


class _LeanFiles(JSONFileLoader):
    def load_file(self, file_path: str) -> dict[str, Any] | None:
        """Read a file of botocore's, named without its ending; None when it is not there."""
        content: dict[str, Any] | None = super().load_file(file_path)
        if content and file_path.endswith("endpoints") and "partitions" in content:
            return _with_few_services(content)
        if content and content.get("metadata", {}).get("serviceId") == "S3":
            return _with_few_operations(content)
        return content


def _with_few_services(endpoints: dict[str, Any]) -> dict[str, Any]:
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in _SERVICES & services.keys()}
    return endpoints


def _with_few_operations(model: dict[str, Any]) -> dict[str, Any]:
    """Keep the operations in use, and the shapes that can be reached from them."""
    operations = {name: model["operations"][name] for name in sorted(_OPERATIONS)}
    shapes: dict[str, Any] = {}
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
            shapes[name] = model["shapes"][name]
            unread.append(shapes[name])
        unread.extend(part.values())
    return {**model, "operations": operations, "shapes": shapes}
