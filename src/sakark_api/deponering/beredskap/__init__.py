"""Readiness: the checks of a deposit on the living archive, as a score and as lists of work.

| Module | Does |
|---|---|
| `telling` | counts an arkivdel, and keeps what was counted |
| `resultat` | adds the counts up, to scores |
| `statements` | reads what was counted, and the units that a check holds for now |
| `asked`, `answers`, `routes` | the addresses |
"""
