"""Personal data stays out of the logs."""

import logging
import sys

from config.logs import WithoutPersonalData


def test_addresses_numbers_and_details_are_left_out() -> None:
    words = "duplicate key value\nDETAIL:  Key (address)=(Müller 4) already exists."
    try:
        raise ValueError(words)
    except ValueError:
        information = sys.exc_info()
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "Refused %s at %s, task 42", ("ann@example.com", "+44 7700 900123"), information
    )
    line = WithoutPersonalData("%(levelname)s %(message)s").format(record)
    assert line.startswith("ERROR Refused <address> at <number>, task 42")
    assert "Müller" not in line
    assert "duplicate key value" in line
