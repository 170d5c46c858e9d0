"""Playbooks: journeys as a retailer would run them, each a text file with everything that it needs."""
