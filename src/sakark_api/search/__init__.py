"""Search across cases, registreringer and documents, for those who look and don't know where."""
