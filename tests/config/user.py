"""A program that uses the embedded servers of a home, for tests to start and to kill.

Says "ready" and stays until its standard input ends. With --fork a child stays instead, until it is killed, and its
process id is said.
"""

import os
import signal
import sys
from pathlib import Path

from config.embedded import users
from config.embedded.errors import ServerError
from config.embedded.home import Home


def main() -> None:
    try:
        users.ensure(Home(Path(sys.argv[1])))
    except ServerError as error:
        sys.exit(str(error))
    if "--fork" in sys.argv:
        child = os.fork()
        if child == 0:
            signal.pause()
        sys.stdout.write(f"{child}\n")
        return
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
