"""The demo kommuner in a database that is stopped: to make one takes seconds, to copy it none."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sakark_api.db import embedded
from sakark_api.dev.server import prepare
from sakark_api.settings import Settings

__all__ = ["copy", "preparing"]

ISSUER = "http://127.0.0.1/identity"


@contextmanager
def preparing() -> Iterator[Path]:
    """Make a folder with the kommuner's database (`postgres`) and files (`dokumenter`)."""
    folder = Path(tempfile.mkdtemp(prefix="sakark-prepared-"))
    folder.chmod(0o711)  # the server's user passes through, so the cluster is in it
    with embedded.embedded(folder / "postgres", durable=False) as server:
        settings = Settings(
            database_url=server.app_url, database_owner_url=server.owner_url, data_dir=folder
        )
        asyncio.run(prepare(settings, ISSUER))
    (folder / "postgres" / "port").unlink()  # each copy finds one of its own
    yield folder
    shutil.rmtree(folder)


def copy(prepared: Path, folder: Path, *parts: str) -> None:
    """Put parts of what is prepared in a folder, each file with its owner."""
    folder.chmod(0o711)
    subprocess.run(["cp", "-a", *(prepared / part for part in parts), folder], check=True)
