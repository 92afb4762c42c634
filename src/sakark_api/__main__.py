"""`python -m sakark_api`: the command `sakark`."""

from sakark_api.cli import main

main()
