"""Where the development identity lives: its address and the folder of its key."""

from pathlib import Path

from sakark_api.settings import Settings

__all__ = ["IDENTITY", "identity_dir", "issuer_url"]

IDENTITY = "/identity"


def issuer_url(port: int) -> str:
    """Give the name of the development issuer, which is also where it answers."""
    return f"http://127.0.0.1:{port}{IDENTITY}"


def identity_dir(settings: Settings) -> Path:
    return settings.data_dir / "identity"
