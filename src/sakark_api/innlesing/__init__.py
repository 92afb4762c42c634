"""Extractions of others and messages, read in: ids, dates and names kept, every fault told.

`kildepakke` is what is read: an `uttrekk` or a `melding`, opened by `utpakking`. `ordbok` says what
its XML calls things, `fylling` reads it, and `mellomlager` has it in the order in which rows can be
made. `felt` says which attribute an element is of (by the table that deposits are written by),
`verdi` and `kode` read values, `rad` makes columns of fields, `navn` says what units are called
here, and `omforming` makes rows of them. A message has forms of its own (`meldingsform`), goes
where it says (`plassering`), gets numbers (`nummer`) and is answered (`kvittering`). `henvisning`
does what units say of each other, `fil` stores their documents, `kjoering` is the whole import in
batches that can be gone on with, and `avstemming` and `rapport` account for it.
"""
