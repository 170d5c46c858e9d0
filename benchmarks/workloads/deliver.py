"""Deliver personalised e-mails by SMTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from benchmarks import house, prebuilt, sink
from benchmarks.crew import TWO
from benchmarks.measuring import RUNS, Aim, Run, timed
from benchmarks.workloads import mail
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one, published
from channels.base import Outgoing
from channels.email.mail import Letterhead
from channels.models import Message
from content.models import Content
from members import clock
from members.sql import execute

MESSAGES = 50_000  # a run at a million members, over all runs below
DISTINCT = 2_500  # prebuilt mails a process, handed over again and again
_QUEUED = """
INSERT INTO channels_message (public_id, member_id, channel, purpose, address, language, content_id, currency,
    sender_id, origin_kind, origin_id, step_key, visit, journey_id, journey_name, planned_day, state, reason, words,
    priority, queued_at, planned_at, due_at, expires_at, attempts, carrier_id)
SELECT gen_random_uuid(), m.id, 'email', 'promotional', i.address,
       CASE WHEN m.locale LIKE 'fr%%' THEN 'fr' ELSE 'en' END, %(content)s, '', %(sender)s, 'enrollment', m.id,
       %(step)s, 1, %(journey)s, 'Deliver', %(today)s, 'queued', '', '', 50, %(now)s, %(now)s,
       %(now)s, %(now)s + interval '3 days', 0, ''
FROM members_member m JOIN members_identity i ON i.member_id = m.id AND i.channel = 'email'
WHERE (SELECT c.granted FROM members_consent c WHERE c.member_id = m.id AND c.channel = 'email'
       AND c.purpose = 'promotional' ORDER BY c.happened_at DESC LIMIT 1)
ORDER BY hashint8(m.id) LIMIT %(most)s
"""


class Deliver(Workload):
    """Messages of a journey wait in the outbox; two workers deliver them to a mail server that takes everything."""

    key = "deliver"
    title = "Deliver 50,000 personalised e-mails by SMTP, each outcome and touchpoint stored"
    short = "Deliver"
    unit = "messages/s"
    aim = Aim(value=3_000)
    against = {
        "smtplib": "a bare smtplib loop of prebuilt mails over kept connections, two processes, into the same sink"
    }
    how = (
        "Two worker processes run the task `channels.tasks.deliver`: claim, consent and everything else asked again,"
        " letters filled in (MJML, links, unsubscribe address), handed over in windows of 20, outcomes, renderings and"
        " touchpoints stored."
    )
    tried = """
A message takes about 0.45 ms of the program (templates 100 µs, facts and links 70, the mail's bytes 30, the rest is
SMTP and the windows) and 0.3 of PostgreSQL: three updates of a row with thirteen indexes, the rendering, the
touchpoint. None of these updates can be made in place (HOT), for the state stands in the conditions of four indexes;
leases in a table of their own would change that. Planning the statements of each window took a fifth of PostgreSQL's
time; they are prepared now, and planned once a connection. Compressing whole pages for the log was a third of what
was left, and is switched off. Renderings are copied in binary; as a part of the statement that hands over they took
as long. Packing the HTML takes 45 µs, and stored as it is it would be three times as large. Mails are put together
from bytes, not by `EmailMessage`, which took 1.6 ms; layouts are compiled to lines that SMTP carries as they are, for
one endless line had to be encoded for each member, and lines that must be encoded are kept, for most of them are the
same for everybody.
"""

    def prepare(self) -> None:
        """Start the sink, and publish the journey that the messages are of."""
        mail.contents()
        self._most = MESSAGES if self.stage.in_full else MESSAGES // RUNS
        self._content = Content.objects.get(key=mail.CONTENT)
        self._running = ExitStack()
        self._sink = self._running.enter_context(sink.running(self.stage.folder / "deliver.log"))
        self._sender = mail.sender("Sink", self._sink.port)
        step = {"key": "letter", "kind": "send", "content": mail.CONTENT, "channels": ["email"]}
        self._journey = published("deliver", {"fact": {"topic": "event", "name": "never"}}, [step])

    def run(self, number: int) -> Run:
        """Deliver once."""
        now = clock.now()
        given = {"content": self._content.pk, "sender": self._sender.pk, "step": f"letter-{number}"}
        queued = execute(
            _QUEUED, {**given, "journey": self._journey.pk, "now": now, "today": now.date(), "most": self._most}
        )
        house.settle("channels_message")
        seconds = timed(lambda: self.stage.crew.each("deliver", self._sender.pk))
        told = {"step": f"letter-{number}"}
        sent = one("SELECT count(*) FROM channels_message WHERE step_key = %(step)s AND state = 'sent'", **told)
        contacts = one(
            "SELECT count(*) FROM members_touchpoint t JOIN channels_message x ON x.id = t.message_id"
            " WHERE x.step_key = %(step)s",
            **told,
        )
        if sent != queued or contacts != queued:
            raise RuntimeError(f"Of {queued} messages {sent} were sent, and {contacts} touchpoints stored.")
        return Run.rate(sent, seconds)

    def limits(self, number: int) -> Mapping[str, Run]:
        """Hand over as many mails as large, ready-made."""
        messages = Message.objects.filter(step_key=f"letter-{number}")
        size = messages.count() // TWO
        mails = self._prebuilt(number)
        files = []
        for worker in range(TWO):
            path = self.stage.folder / f"prebuilt-{worker}.pickle"
            prebuilt.keep(mails[worker::TWO], path)
            files.append((str(path), self._sink.port, size))
        seconds = timed(lambda: self.stage.crew.all("hand_over", files))
        return {"smtplib": Run.rate(TWO * size, seconds)}

    def _prebuilt(self, number: int) -> list[prebuilt.Prebuilt]:
        letterhead, now = Letterhead("house@example.com", "The House"), clock.now()
        found = Message.objects.filter(step_key=f"letter-{number}").select_related("rendering")[: TWO * DISTINCT]
        outs = [
            Outgoing(
                message_id=one.pk,
                key=str(one.public_id),
                member_id=one.member_id,
                address=one.address,
                text=one.rendering.text,
                subject=one.rendering.subject,
                html=one.rendering.html,
                unsubscribe_url="https://example.com/u/1",
            )
            for one in found
        ]
        return [(out.address, letterhead.mail(out, now)) for out in outs]

    def finish(self) -> None:
        """Stop the sink."""
        mail.retire(self._sender)
        self._running.close()
