"""Subscriptions: other systems hear what happens to messages, grants and enrollments.

Whoever changes some by set tells here, in the same transaction: a change that is undone was never told, one that stands
is told for sure, and the payload says how things stood just then, however soon they change again. Nobody listening
costs one look at the handful of senders, and only where there is something to tell.
"""

from channels.subscriptions.calling import call, receivers
from channels.subscriptions.editing import NameTaken, add, change
from channels.subscriptions.keeping import delete, forget
from channels.subscriptions.telling import DEADLINE, tell

__all__ = ["DEADLINE", "NameTaken", "add", "call", "change", "delete", "forget", "receivers", "tell"]
