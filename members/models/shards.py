"""The shard of a member: 64 of them, the same stored column on every table that the tick selects from."""

from django.db import models
from django.db.models import F, Func
from django.db.models.fields.generated import GeneratedField

SHARDS = 64


def shard_field(column: str) -> GeneratedField:
    """Return a stored column `hashint8(column) & 63`. Never `%`: the hash can be negative, and so would it be."""
    hashed = Func(F(column), function="hashint8", output_field=models.IntegerField())
    return GeneratedField(
        expression=hashed.bitand(SHARDS - 1), output_field=models.SmallIntegerField(), db_persist=True, editable=False
    )
