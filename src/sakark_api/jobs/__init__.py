"""Work that nobody waits for: a queue in the database, and the process that works it off."""
