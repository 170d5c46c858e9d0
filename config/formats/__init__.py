"""How the screens write dates and numbers, by language."""
