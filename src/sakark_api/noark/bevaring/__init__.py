"""What we keep beside the standard, to know that documents last (riksarkivarens forskrift)."""
