"""Addresses: which are on this machine, and which are open to whoever listens on the way."""

from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["is_open"]


def is_open(url: str) -> bool:
    """Tell whether `url` is plain http to another machine than this one."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
