"""Deposits that are ordered through the API, and made by the worker.

| Module | Does |
|---|---|
| `asked`, `answers`, `statements`, `routes` | the addresses |
| `setninger` | sentences and obstacles as they are kept |
"""
