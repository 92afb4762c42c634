"""Noark 5 extractions of others, read in: original ids, dates and names kept, every fault told.

`mellomlager` puts an extraction in the order in which rows can be made, `felt` says which attribute
an element is of (by the table that deposits are written by), `verdi` and `kode` read values,
`omforming` makes rows of units, `fil` stores documents, `lest` does it in batches that can be gone
on with, and `rapport` says what was there and what there is now.
"""
