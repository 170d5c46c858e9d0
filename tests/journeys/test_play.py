"""Playing days: in order, only forward, and safe to go on with after an interruption."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from journeys import play
from journeys.models import Playback
from journeys.play import Backwards, Outside
from members.models import StandingRun

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 3, 1, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Diary:
    """Writes down what the world outside is asked."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, datetime]] = []

    def outside(self) -> Outside:
        return Outside(
            lambda moment: self.lines.append(("begin", moment)),
            lambda since, until: self.lines.append((f"feed since {since:%H:%M}", until)),
            lambda moment: self.lines.append(("settle", moment)),
        )


def test_each_step_sets_the_clocks_feeds_works_and_settles() -> None:
    diary = Diary()
    told: list[datetime] = []

    played = play.play(START, START + 2.5 * HOUR, HOUR, diary.outside(), told.append)

    moments = [START + HOUR, START + 2 * HOUR, START + 2.5 * HOUR]
    assert diary.lines == [
        *[("begin", moments[0]), ("feed since 22:00", moments[0]), ("settle", moments[0])],
        *[("begin", moments[1]), ("feed since 23:00", moments[1]), ("settle", moments[1])],
        *[("begin", moments[2]), ("feed since 00:00", moments[2]), ("settle", moments[2])],
    ]
    assert told == moments
    assert played.steps == 3


def test_what_beat_does_once_a_day_is_done_at_the_first_step_of_each_day() -> None:
    play.play(START, START + 30 * HOUR, HOUR)

    midnights = [START + 2 * HOUR, START + 26 * HOUR]
    assert sorted(StandingRun.objects.values_list("as_of", flat=True)) == midnights


def test_time_does_not_go_back() -> None:
    play.play(START, START + HOUR, HOUR)

    with pytest.raises(Backwards, match=r"was played until 2026-03-01T23:00:00\+00:00; play from there on"):
        play.play(START, START + 2 * HOUR, HOUR)


def test_an_interrupted_step_is_played_again() -> None:
    def trip(_since: datetime, until: datetime) -> None:
        if until == START + 2 * HOUR:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play.play(START, START + 3 * HOUR, HOUR, Outside(feed=trip))
    assert play.played_until() == START + HOUR

    diary = Diary()
    play.play(START + HOUR, START + 3 * HOUR, HOUR, diary.outside())
    assert diary.lines[0] == ("begin", START + 2 * HOUR)
    assert Playback.objects.get().played_until == START + 3 * HOUR


def command(*arguments: str) -> str:
    said = StringIO()
    call_command("play", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("end", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "2201-01-01T00:00Z"])
def test_a_time_at_the_end_of_the_calendar_is_refused_with_a_sentence(end: str) -> None:
    with pytest.raises(CommandError, match="lies outside the years 1970 to 2200; write another time"):
        command("--from=2026-03-01T22:00Z", f"--to={end}")


def test_the_command_goes_on_where_the_last_play_ended() -> None:
    said = command("--from=2026-03-01T22:00Z", "--to=2026-03-02T00:00Z", "--every=60")
    assert said == "2 steps: 0 entered, 0 moves; messages: nothing.\n"
    command("--to=2026-03-02T03:00+01:00")
    assert play.played_until() == datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to=2026-03-01T22:00Z"], "never played; say where to begin by --from"),
        (["--from=2026-03-01T22:00Z", "--to=2026-03-01T22:00Z"], "--to must lie after 2026-03-01T22:00:00"),
        (["--from=2026-03-01", "--to=2026-03-01T22:00Z"], "is no instant"),
        (["--from=2026-03-01T22:00Z", "--to=2026-03-02T22:00Z", "--every=0"], "is no step; write whole minutes"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        command(*arguments)


def test_the_command_refuses_to_go_back() -> None:
    command("--from=2026-03-01T22:00Z", "--to=2026-03-02T00:00Z", "--every=60")
    with pytest.raises(CommandError, match="play from there on"):
        command("--from=2026-03-01T22:00Z", "--to=2026-03-03T00:00Z")
