"""The doors to the outside: receipts, links and unsubscribing. Nobody logs in here; addresses are signed instead."""
