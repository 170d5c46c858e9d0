"""The pages of the contacts."""
