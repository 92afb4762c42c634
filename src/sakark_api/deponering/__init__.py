"""Arkivuttrekk: what is deposited with the National Archives, and what is asked of it.

| Module | Does |
|---|---|
| `pakke` | reads a package: its files, and what `arkivuttrekk.xml` says of it |
| `lesing` | reads large XML as a stream of units |
| `skjema` | the official schemas: which they are, and where they lie |
| `kontroll` | the 54 controls of Noark 5 extractions |
"""
