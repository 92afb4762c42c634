"""Arkivuttrekk: what is deposited with the National Archives, and what is asked of it.

| Module | Does |
|---|---|
| `eksport` | makes a package of a kommune's archive; `utvalg` says what of it |
| `sekvens`, `element`, `arkivstruktur`, `endringslogg`, `journaler`, `innsyn`, `addml` | its XML |
| `dokumenter`, `filsti`, `xmlfil` | its files |
| `sjekker` | the checks of units: what may stand in the way of a deposit |
| `hindringer`, `utelatt` | what does, and what is left out |
| `fremdrift`, `uttrekk` | how far a deposit is, and those that are ordered through the API |
| `dias`, `tarfil` | packs a deposit for submission |
| `beredskap` | the same checks on the living archive, years before |
| `pakke` | reads a package: its files, and what `arkivuttrekk.xml` says of it |
| `lesing` | reads large XML as a stream of units |
| `skjema` | the official schemas: which they are, and where they lie |
| `kontroll` | the 54 controls of Noark 5 extractions |
"""
