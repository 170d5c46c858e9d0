"""Settings of the embedded PostgreSQL; those about memory follow the machine."""

from config.embedded import machine

FIXED: dict[str, str | int] = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "on",
    "synchronous_commit": "on",
    # Chorale runs many small statements; compiling one costs more than running it.
    "jit": "off",
    # Nobody replicates this server, so bulk loads need not write all they do into the log.
    "wal_level": "minimal",
    "max_wal_senders": 0,
    # Packing the pages that a checkpoint leaves to be logged whole made the log a third smaller, and was a third of
    # PostgreSQL's work in a mailing.
    "wal_compression": "off",
    "max_wal_size": "2GB",
    # Data is on solid state disks nowadays, where reading here and there costs little more than reading on.
    "random_page_cost": "1.1",
    # Nobody thinks within a transaction. Whoever vanished in one must not keep its locks.
    "idle_in_transaction_session_timeout": "60s",
    # After a crash the keeper starts it anew. PostgreSQL's own way was seen to hang for good on a full disk.
    "restart_after_crash": "off",
    # A recovery that takes long says so in the log, and is waited for as long as it says something.
    "log_startup_progress_interval": "2s",
    # Statements and the details of errors repeat personal data, which stays out of logs.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

# Nothing of this survives a power cut. For the tests' own cluster only.
LOOSE: dict[str, str | int] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def settings() -> dict[str, str | int]:
    """Return all settings, by name, for this machine.

    Chorale shares the machine with its own web server and workers, often with a developer's browser: it takes a
    sixteenth of the memory for itself and leaves the rest to the system's cache, which serves the same pages.
    """
    memory, cores = machine.memory(), machine.cores()
    return {
        **FIXED,
        "max_connections": _within(60, 40 + 20 * cores, 200),
        "shared_buffers": f"{_within(64, memory // 16, 1024)}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "work_mem": f"{_within(4, memory // 512, 64)}MB",
        "maintenance_work_mem": f"{_within(32, memory // 32, 512)}MB",
        "max_worker_processes": _within(8, cores + 4, 64),
        "max_parallel_workers": cores,
        "max_parallel_workers_per_gather": _within(0, cores // 2, 4),
        "dynamic_shared_memory_type": "mmap" if machine.shared_memory_is_small() else "posix",
    }


def _within(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
