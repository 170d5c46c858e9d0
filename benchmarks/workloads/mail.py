"""What the workloads that send share: senders that lead to a sink, and what is said."""

from __future__ import annotations

from channels import senders
from channels.models import Sender
from journeys.playbooks import installing, library

# Letters as people write them: a layout in MJML, three links, the member's and the store's name, in two languages.
CONTENT = "win-back-hello"


def contents() -> None:
    """Have the contents of the playbook win-back at hand."""
    installing.install(library.load("win-back"))


def sender(name: str, port: int) -> Sender:
    """Return a sender of e-mail whose server listens at a port of this machine; its rate is no limit here."""
    made = Sender(name=name, adapter="email", rate=1_000_000)
    given = {"host": "127.0.0.1", "port": port, "security": "none", "from_address": "house@example.com"}
    senders.configure(made, {**given, "from_name": "The House"})
    made.save()
    return made


def retire(made: Sender) -> None:
    """Let nothing more leave by a sender."""
    made.active = False
    made.save()
