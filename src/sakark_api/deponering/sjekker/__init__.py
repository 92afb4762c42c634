"""The checks of units: one catalogue, of what a deposit is refused over and readiness counts.

| Module | Has |
|---|---|
| `sjekk` | what a check is |
| `felt` | checks of the elements that must be there, by the table of elements |
| `arkiver`, `mapper`, `registreringer`, `dokumenter` | the other checks, by what they are of |
| `katalog` | all of them, by name |
| `opptelling` | counts of how many units they hold for |
"""
