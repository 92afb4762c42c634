"""The operator's part of the service: it keeps the kommuner, and sees no content of theirs."""
