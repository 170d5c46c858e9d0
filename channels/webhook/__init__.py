"""Webhooks: other systems are told by HTTP what happens to messages, grants and enrollments.

A subscription is a sender of this kind: the URL of the receiver and the events that it wants to hear of. What it hears
is queued in the transaction of the change (`channels.subscriptions`) and leaves by the outbox as everything does: with
leases, a rate, holds and pauses, until its deadline.

Calls are signed as the Standard Webhooks specification has it (`signing`). They go to public addresses alone, unless
the subscription allows private ones, and to the very address that was looked at (`guard`). Nothing comes back.
"""
