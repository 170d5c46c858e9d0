"""What a rep reads as the reason of a follow-up: the journey, and what let the member in, in plain words."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.models import Message
from channels.whys import whys
from journeys.models import Enrollment
from journeys.vocabulary import EndReason, EnrollmentState
from members.models import Member, Segment
from tests import cast
from tests.cast import NOW
from tests.channels import departed, outbox
from tests.journeys import drawn, shop

pytestmark = pytest.mark.django_db


def sent(who: Member, entry: dict[str, Any], key: str = "first") -> Message:
    """A message that a journey with this entry sent to the member."""
    journey = drawn.published([shop.wait()], key=key, entry=entry)
    enrolled = Enrollment.objects.create(
        member=who,
        journey=journey,
        version=journey.versions.get(),
        state=EnrollmentState.ENDED,
        end_reason=EndReason.FINISHED,
        entered_at=NOW,
        arrived_at=NOW,
        due_at=NOW,
        ended_at=NOW,
    )
    desk = outbox.sender("desk")
    return departed.message(who, desk, origin_id=enrolled.pk, journey_id=journey.pk, journey_name=journey.name)


def why(entry: dict[str, Any]) -> str:
    message = sent(cast.ada(), entry)
    return whys([message])[message.pk]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"fact": {"topic": "event", "name": "go"}}, "First. It began with “go”."),
        ({"fact": {"topic": "purchase"}}, "First. It began with a purchase."),
        ({"fact": {"topic": "points"}}, "First. It began with a change of points."),
        ({"date": {"of": "birthday"}}, "First. On their birthday."),
        ({"date": {"of": "birthday", "offset_days": -1}}, "First. 1 day before their birthday."),
        ({"date": {"of": "joined_on", "offset_days": 14}}, "First. 14 days after their day of joining."),
        ({"date": {"of": "attribute:wedding", "offset_days": -7}}, "First. 7 days before their wedding."),
    ],
)
def test_what_began_it_is_said_in_plain_words(entry: dict[str, Any], words: str) -> None:
    assert why(entry) == words


@pytest.mark.parametrize(
    ("description", "words"),
    [("", "First. Quiet ones."), ("No purchase for a year", "First. Quiet ones: No purchase for a year")],
)
def test_a_segment_is_called_by_its_name_with_what_it_is_for(description: str, words: str) -> None:
    Segment.objects.create(key="quiet", name="Quiet ones", description=description, rule=drawn.ANYBODY)
    assert why({"segment": {"key": "quiet"}}) == words


def test_what_no_journey_sent_is_explained_by_where_it_comes_from() -> None:
    desk = outbox.sender("desk")
    message = departed.message(cast.ada(), desk, origin_kind="rep", origin_id=1, journey_id=None, journey_name="")
    assert whys([message]) == {message.pk: message.get_origin_kind_display()}


def test_a_list_of_them_takes_as_many_queries_as_one() -> None:
    one = [sent(cast.ada(), {"date": {"of": "birthday"}})]
    more = [*one, *(sent(who, {"date": {"of": "birthday"}}, who.external_id.lower()) for who in cast.crowd(3))]
    whys(more)  # plans are read once a process
    counts = []
    for asked in (one, more):
        with CaptureQueriesContext(connection) as captured:
            told = whys(asked)
        counts.append(len(captured))
        assert set(told) == {message.pk for message in asked}
    assert counts[0] == counts[1], counts
