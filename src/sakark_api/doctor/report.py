"""What was found, and how it is told."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sakark_api.texts import Text

__all__ = ["Finding", "Status", "as_json", "as_lines", "failure", "has_failed", "ok", "warning"]

_USER = re.compile(r"(?<=://)\S*@")


class Status(StrEnum):
    OK = "OK"
    WARNING = "ADVARSEL"
    FAILURE = "FEIL"


@dataclass(frozen=True)
class Finding:
    """What one check found: its stable id, how it went, and a sentence about it."""

    id: str
    status: Status
    text: Text

    @property
    def sentence(self) -> str:
        """Give the sentence on one line, without the user and password of any address."""
        return _USER.sub("…@", " ".join(str(self.text).split()))


def ok(check: str, text: Text) -> Finding:
    return Finding(check, Status.OK, text)


def warning(check: str, text: Text) -> Finding:
    return Finding(check, Status.WARNING, text)


def failure(check: str, text: Text) -> Finding:
    return Finding(check, Status.FAILURE, text)


def has_failed(findings: Iterable[Finding]) -> bool:
    return any(finding.status is Status.FAILURE for finding in findings)


def as_lines(findings: Iterable[Finding]) -> str:
    """Write a line for each, what was found first."""
    return "\n".join(f"{one.status:<9}{one.sentence}" for one in findings)


def as_json(findings: Iterable[Finding]) -> str:
    listed = [{"id": one.id, "status": one.status, "sentence": one.sentence} for one in findings]
    return json.dumps(listed, ensure_ascii=False, indent=1)
