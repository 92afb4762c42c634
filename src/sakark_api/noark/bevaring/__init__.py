"""What we keep beside the standard: that documents last, and how those go that are not to."""
