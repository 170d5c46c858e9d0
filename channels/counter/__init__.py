"""The counter: what a clerk needs while a member stands there. Found in one step, everything on one screen, redeemed in
two taps, and never twice when the connection drops and a tap repeats.
"""
