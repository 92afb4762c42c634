"""Journals: of all entries for those who see them, and the public one for everybody.

| Module | Does |
|---|---|
| `asked` | reads what is asked for |
| `publisering`, `virkedager` | how far the public journal has come |
| `innsyn` | says how much of an entry is told, to a caller and to everybody |
| `statements` | finds entries, and lets the database write them as JSON and XML |
| `routes`, `written`, `answers` | the addresses, and what they answer |
| `trykkeri`, `trykk` | PDF, by a program of its own; `innfoering` is an entry as that reads it |
| `einnsyn` | entries in the shape that eInnsyn takes |
"""
