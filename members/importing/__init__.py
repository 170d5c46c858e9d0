"""Reading members and purchases from CSV files of any size; docs/importing.md describes the columns."""
