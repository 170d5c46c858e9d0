"""What goes wrong with servers."""


class ServerError(Exception):
    """A server cannot be had; the message is one sentence that says which, why and what to do."""
