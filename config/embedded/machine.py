"""How much memory and how many cores this machine, or its container, lets us use."""

import os
from pathlib import Path

MB = 1024 * 1024
CGROUP_LIMITS = [Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")]


def memory() -> int:
    """Return the memory in MB: the machine's, or the container's limit where that is lower."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text().strip() for path in CGROUP_LIMITS if path.exists()]
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())]) // MB


def cores() -> int:
    """Return the number of cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shared_memory_is_small() -> bool:
    """Return whether /dev/shm is too small for parallel queries, as in a container (64 MB by default)."""
    path = Path("/dev/shm")  # noqa: S108 - only measured
    if not path.is_dir():
        return False
    room = os.statvfs(path)
    return room.f_frsize * room.f_blocks < 1024 * MB
