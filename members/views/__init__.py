"""Pages for everybody who works with Chorale."""
