"""DIAS: a deposit packed for submission (SIP), as archives take it.

| Module | Does |
|---|---|
| `innsending` | what is told of those who submit and of the submission |
| `opplysninger` | what the deposit itself tells of its archive |
| `mets` | dias-mets.xml, and the description that goes beside the package |
| `premis` | dias-premis.xml and log.xml |
| `pakking` | the package: one tar file, written as a stream |
"""
