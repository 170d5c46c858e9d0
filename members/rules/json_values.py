"""Values out of a JSON column, of the type that is asked for; a value of another type counts as unknown.

A cast that fails would fail the statement for the whole cohort, so every cast stands behind a CASE that looks first.
"""

from members.rules.comparisons import Kind
from members.sql import Sql

# A text that is a date: four digits, month, and a day that this month has.
_DATE = """
    CASE WHEN {text} ~ '^(?!0000)[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN
        CASE WHEN substr({text}, 9, 2)::int <= extract(day FROM
                      make_date(substr({text}, 1, 4)::int, substr({text}, 6, 2)::int, 1) + interval '1 month -1 day')
             THEN {text}::date END
    END
"""


def value(column: str, name: str, kind: Kind, *, whatever: bool = False) -> Sql:
    """Return the value of a name in a JSON column; `whatever` takes any type but null, as text."""
    json, text = f"({column} -> %(name)s::text)", f"({column} ->> %(name)s::text)"
    forms = {
        Kind.NUMBER: f"CASE WHEN jsonb_typeof({json}) = 'number' THEN {text}::numeric END",
        Kind.TEXT: f"CASE WHEN jsonb_typeof({json}) = 'string' THEN {text} END",
        Kind.BOOLEAN: f"CASE WHEN jsonb_typeof({json}) = 'boolean' THEN {text}::boolean END",
        Kind.DATE: _DATE.format(text=text),
    }
    return Sql(f"({text if whatever else forms[kind]})", {"name": name})
