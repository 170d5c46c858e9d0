"""Import purchases."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import bare
from benchmarks.measuring import Aim, Run, timed
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one
from benchmarks.workloads.import_members import imported

TABLES = ("members_factkey", "members_purchase", "members_purchaseline")


class ImportPurchases(Workload):
    """The command `import_purchases` over a third of the purchases a run, into tables that grow."""

    key = "import-purchases"
    title = "Import purchases"
    short = "Import purchases"
    unit = "purchases/s"
    aim = Aim(ratio=0.5)
    against = {"copy": "COPY of a third of the same purchases, lines and keys into the same tables"}
    how = "`manage.py import_purchases` on a CSV file with a third of the purchases, in one process of two threads."
    tried = """
A purchase takes about 30 µs of the program and 43 µs of PostgreSQL, where COPY takes 28 µs; half of that is foreign
keys, which both check. The next batch is read and checked by a second thread while PostgreSQL works on the one before,
so that two cores share this and the slower of both decides. Rows are staged by COPY and stored by one statement a
batch, in the order of members, side by side in the index.
"""
    scales = True

    def prepare(self) -> None:
        """Make the copies of the tables."""
        bare.clone(*TABLES)

    def run(self, number: int) -> Run:
        """Import a part."""
        part = self.stage.parts[number]
        self._before = {table: bare.last_id(table) for table in TABLES}
        return Run.rate(part.purchases, timed(lambda: imported("import_purchases", part)))

    def limits(self, number: int) -> Mapping[str, Run]:
        """Copy of what the run stored the first purchases, with their keys and lines."""
        chosen = {table: bare.sample(table, last) for table, last in self._before.items()}
        files = bare.dump(chosen, self.stage.folder)
        purchases = one(f"SELECT count(*) FROM members_purchase WHERE {chosen['members_purchase']}")
        return {"copy": Run.rate(purchases, bare.copied(files))}

    def finish(self) -> None:
        """Drop the copies."""
        bare.drop(*TABLES)
