"""Where documents are kept: object storage when there is a bucket, otherwise a folder."""

from sakark_api.settings import Settings
from sakark_api.storage.documents import Documents, Stored

__all__ = ["Documents", "Stored", "open_documents"]


def open_documents(settings: Settings) -> Documents:
    """Open the storage that `settings` name; the caller closes it."""
    if settings.s3_bucket is not None:
        from sakark_api.storage.s3 import open_s3

        return open_s3(settings)
    from sakark_api.storage.filesystem import FilesystemDocuments

    return FilesystemDocuments(settings.data_dir / "dokumenter")
