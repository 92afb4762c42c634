"""Arkivuttrekk: what is deposited with the National Archives, and what is asked of it.

| Module | Does |
|---|---|
| `eksport` | makes a package of a kommune's archive; `utvalg` says what of it |
| `sekvens`, `element`, `arkivstruktur`, `endringslogg`, `journaler`, `innsyn`, `addml` | its XML |
| `dokumenter`, `filsti`, `xmlfil` | its files |
| `hindringer`, `utelatt` | what stands in the way, and what is left out |
| `pakke` | reads a package: its files, and what `arkivuttrekk.xml` says of it |
| `lesing` | reads large XML as a stream of units |
| `skjema` | the official schemas: which they are, and where they lie |
| `kontroll` | the 54 controls of Noark 5 extractions |
"""
