"""WHO: which caller a token speaks for, and what that caller may do."""
