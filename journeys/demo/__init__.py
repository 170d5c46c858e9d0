"""The demo: real purchases, everything around them invented, and the last four weeks played as production would run.

`dataset` reads the purchases; `people`, `catalogue` and `shop` invent the rest from a fixed seed; `load` hands it in.
"""
