"""The controls that the National Archives' validator (Arkade 5) makes of a Noark 5 extraction.

All 54 have its numbers. What it rejects is a *feil*; what it only counts, or lets through but a
person should look at, is a *merknad*.

| Module | Is about |
|---|---|
| `regel` | what a control is: rules on one unit, and on the whole |
| `rules` | labels and rules that several share |
| `struktur` | N5.01-N5.03: files, checksums, schemas |
| `arkiv` | N5.04-N5.09, N5.12, N5.13, N5.19, N5.20: arkiver and klasser |
| `mapper` | N5.10, N5.11, N5.14, N5.15 |
| `registreringer` | N5.16-N5.18, N5.21, N5.22, N5.27 |
| `dokumenter` | N5.23-N5.26, N5.29 |
| `filer` | N5.28, N5.30-N5.34, N5.64: the documents' files |
| `deler` | N5.35-N5.46: parter, skjerming, kassasjon and the like |
| `referanser` | N5.47-N5.51, N5.63: systemID, and what refers to it |
| `journaler` | N5.59-N5.62: journals and change log |
| `katalog` | all of them |
| `gjennomgang` | reads a package once, and lets all controls look |
| `rapport` | what came of it |
"""

from sakark_api.deponering.kontroll.gjennomgang import check
from sakark_api.deponering.kontroll.katalog import KONTROLLER
from sakark_api.deponering.kontroll.rapport import Rapport
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Kontroll

__all__ = ["KONTROLLER", "Alvor", "Funn", "Kontroll", "Rapport", "check"]
