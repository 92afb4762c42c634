"""`python -m tests.conformance` writes the page on conformance; `--check` compares it."""

import sys

from tests.conformance.page import PAGE, page


def main(arguments: list[str]) -> None:
    written = page()
    if "--check" not in arguments:
        PAGE.write_text(written, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != written:
        sys.exit(f"docs/{PAGE.name} is stale. Run: make conformance")


main(sys.argv[1:])
