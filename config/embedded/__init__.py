"""Embedded servers: a real PostgreSQL and a real Valkey for those who have none, without root, Docker or set-up.

Whoever needs the servers calls ``users.ensure`` and holds a shared lock on a file from then on; the kernel drops it
when the process ends, however it ends. A detached keeper process starts the servers, watches them, and stops them as
soon as it gets that lock exclusively, that is when nobody uses them any more.
"""
