"""Noark 5 extractions of others, read in: original ids, dates and names kept, every fault told.

`mellomlager` puts an extraction in the order in which rows can be made, `felt` says which attribute
an element is of (by the table that deposits are written by), `verdi` and `kode` read values, `rad`
makes columns of fields, `navn` says what units are called here, and `omforming` makes rows of them.
`henvisning` does what they say of each other, `fil` stores their documents, `kjoering` is the whole
import in batches that can be gone on with, and `avstemming` and `rapport` account for it.
"""
