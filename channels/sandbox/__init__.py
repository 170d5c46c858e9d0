"""A carrier on one's own machine: it takes messages by real SMTP and HTTP and sends receipts, replies and clicks back.

It speaks Kannel's sendsms dialect and the Telegram Bot API, so the adapters that production uses talk to it unchanged.
It listens on loopback, calls nothing but addresses on loopback, and nothing that it does is real.
"""
