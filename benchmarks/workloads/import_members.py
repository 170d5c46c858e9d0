"""Import members."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import date

import phonenumbers
from django.core.management import call_command
from django.core.validators import EmailValidator

from benchmarks import bare
from benchmarks.measuring import Aim, Run, timed
from benchmarks.population import MEMBER, Part
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one

MEMBERS = "members_member"
TABLES = (MEMBERS, "members_identity", "members_consent")


class ImportMembers(Workload):
    """The command `import_members` over a third of the population a run, into tables that grow."""

    key = "import-members"
    title = "Import members"
    short = "Import members"
    unit = "members/s"
    aim = Aim(ratio=0.5)
    against = {
        "parse": "reading and checking the same file alone: csv, phonenumbers, e-mail addresses, dates",
        "copy": "COPY of a third of the same members, with their addresses and consents, into the same tables",
    }
    how = "`manage.py import_members` on a CSV file with a third of the members, in one process of two threads."
    tried = """
What it does beyond COPY: every row is checked (a phone number alone takes 20 µs), looked up by its number, so that the
same file again changes nothing, and told to segments and journeys that listen. Of the processor a member takes about
70 µs of the program and 70 µs of PostgreSQL, where COPY takes 50 µs. The next batch is read and checked by a second
thread while PostgreSQL works on the one before, so that two cores share this and the slower of both decides. Only known
members are locked and compared; new ones are stored by one statement, with plain insertions of all that is said of
them. To lock and compare these as well, after they were stored, took a third of PostgreSQL's part.

Half the rate of reading and checking alone is out of reach for what stores its members: COPY, which checks nothing,
takes three times as long as that reading. Checking in several processes would not help on two cores, one of which is
PostgreSQL's.
"""
    scales = True

    def prepare(self) -> None:
        """Make the copies of the tables."""
        bare.clone(*TABLES)

    def run(self, number: int) -> Run:
        """Import a part."""
        part = self.stage.parts[number]
        self._before = bare.last_id(MEMBERS)
        seconds = timed(lambda: imported("import_members", part))
        return Run.rate(part.members, seconds)

    def limits(self, number: int) -> Mapping[str, Run]:
        """Read the file alone; copy of what the run stored the first members, with all that is theirs."""
        part = self.stage.parts[number]
        columns = {table: "id" if table == MEMBERS else "member_id" for table in TABLES}
        chosen = {table: bare.sample(MEMBERS, self._before, column) for table, column in columns.items()}
        files = bare.dump(chosen, self.stage.folder)
        members = one(f"SELECT count(*) FROM {MEMBERS} WHERE {chosen[MEMBERS]}")
        parsing = timed(lambda: _parsed(part))
        return {"parse": Run.rate(part.members, parsing), "copy": Run.rate(members, bare.copied(files))}

    def finish(self) -> None:
        """Drop the copies."""
        bare.drop(*TABLES)


def imported(command: str, part: Part) -> None:
    """Run an import command on a part's file and demand that every row landed."""
    file = part.members_file if command == "import_members" else part.purchases_file
    with redirect_stdout(io.StringIO()):
        call_command(command, file)


def _parsed(part: Part) -> int:
    """Read a file of members, check what can be wrong in it, and return how many there were."""
    place = {name: number for number, name in enumerate(MEMBER)}
    mail_place, phone_place = place["email"], place["phone"]
    days = [place[name] for name in ("birthday", "joined_on", "consented_at")]
    check, read = EmailValidator(), 0
    with part.members_file.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        next(lines)
        for row in lines:
            for day in days:
                date.fromisoformat(row[day])
            if mail := row[mail_place]:
                check(mail.lower())
            if phone := row[phone_place]:
                number = phonenumbers.parse(phone, None)
                if not phonenumbers.is_possible_number(number):
                    raise ValueError(phone)
                phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            read += 1
    return read
