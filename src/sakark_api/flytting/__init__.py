"""Kommuner that move: all that one has, to a folder and back, and two that become one."""
