"""Every mistake in a definition gets one sentence that says where it is, what is wrong and what would be right."""

from typing import Any

import pytest

from journeys import definitions, publishing
from journeys.definitions import BadDefinition
from journeys.models import Journey
from tests.cast import NOW
from tests.journeys.shop import ANYBODY, TAGGED, content, definition, furnish, path, send, step, wait

BAD_RULE = {"all": [{"tag": {"nam": "vip"}}]}
FACT = {"topic": "purchase"}
GO = {"topic": "event", "name": "go"}
DAY = {"days": 1}


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    furnish()


def refusal(bad: object) -> str:
    with pytest.raises(BadDefinition) as caught:
        definitions.check(bad)
    return str(caught.value)


HEADS: list[tuple[dict[str, Any], str]] = [
    ({"key": "Bad Key"}, "key: a key has 1 to 64 lower-case letters"),
    ({"name": " "}, "name: this must be a text of 1 to 200 characters."),
    ({"kind": "winback"}, "kind: `winback` is not known here; did you mean `win_back`?"),
    ({"priority": 0}, "priority: this must be a whole number from 1 to 99."),
    ({"priority": True}, "priority: this must be a whole number from 1 to 99."),
    ({"holdout": 1}, "holdout: this must be a share from 0 to 0.9 with at most three digits, such as 0.1."),
    ({"holdout": 0.1234}, "holdout: this must be a share from 0 to 0.9"),
    ({"prioriti": 1}, "prioriti: there is no setting of this name here; did you mean `priority`?"),
    ({"xyz": 1}, "xyz: there is no setting of this name here; use `key`, `name`,"),
    ({"entry": []}, "entry: An entry is a mapping of names to values."),
    ({"entry": {}}, "entry: exactly one of `segment`, `fact`, `date` or `recurring` must stand here."),
    ({"entry": {"segment": {"key": "quiet"}, "date": {"of": "birthday"}}}, "entry: exactly one of"),
    ({"entry": {"segments": {"key": "quiet"}}}, "entry.segments: there is no setting of this name here; did you mean"),
    ({"entry": {"segment": {"key": "loud"}}}, "entry.segment.key: there is no segment `loud`; create it first"),
    ({"entry": {"segment": {}}}, "entry.segment: the setting `key` is missing; add it."),
    (
        {"entry": {"segment": {"key": "quiet", "include_existing": 1}}},
        "entry.segment.include_existing: this must be `true` or `false`.",
    ),
    ({"entry": {"fact": {"topic": "visit"}}}, "entry.fact.topic: `visit` is not known here; use `purchase`,"),
    ({"entry": {"fact": {"topic": "event"}}}, "entry.fact: the setting `name` is missing; add it."),
    ({"entry": {"fact": {"topic": "purchase", "name": "x"}}}, "entry.fact.name: only events have a name;"),
    ({"entry": {"fact": {"topic": "purchase", "key": "x"}}}, "entry.fact.key: only events have properties"),
    ({"entry": {"fact": {**FACT, "where": [1]}}}, "entry.fact.where: must be an object with sku, category,"),
    ({"entry": {"fact": {**FACT, "where": {"colour": "red"}}}}, "entry.fact.where.colour: is not a setting here;"),
    ({"entry": {"fact": {"topic": "points", "where": {"kind": "won"}}}}, "entry.fact.where.kind: must be one of"),
    ({"entry": {"fact": {**GO, "where": {"total": 3}}}}, "entry.fact.where: must be a list of 0 to 1000 values."),
    (
        {"entry": {"fact": {**GO, "where": [{"property": "total", "op": "gte", "value": True}]}}},
        "entry.fact.where[0].op: gte does not suit the value True;",
    ),
    ({"entry": {"fact": {"topic": "purchase", "rule": BAD_RULE}}}, "entry.fact.rule.all[0].tag.nam: "),
    ({"entry": {"date": {"of": "wedding"}}}, "entry.date.of: `wedding` is no date of a member; use `birthday`,"),
    ({"entry": {"date": {"of": "attribute:"}}}, "entry.date.of: `attribute:` is no date of a member"),
    (
        {"entry": {"date": {"of": "birthday", "offset_days": 400}}},
        "entry.date.offset_days: this must be a whole number from -365 to 365.",
    ),
    (
        {"entry": {"date": {"of": "birthday", "at": "9:00"}}},
        'entry.date.at: this must be a time of day such as "09:30".',
    ),
    ({"entry": {"recurring": {"from": "2026-12-01"}}}, "entry.recurring: the setting `every` is missing; add it."),
    ({"entry": {"recurring": {"every": "FREQ=DAILY"}}}, "entry.recurring: the setting `from` is missing; add it."),
    (
        {"entry": {"recurring": {"every": "FREQ=DAILY", "from": "1999-12-31"}}},
        "entry.recurring.from: this must be a day from 2000 to 2199.",
    ),
    ({"re_entry": "always"}, "re_entry: this must be `never`, `after_exit` or `after_days: 90`."),
    ({"re_entry": {"after_days": 0}}, "re_entry.after_days: this must be a whole number from 1 to"),
    ({"re_entry": {"days": 3}}, "re_entry.days: there is no setting of this name here"),
    ({"runs": "2026"}, "runs: The time of a journey is a mapping"),
    ({"runs": {}}, "runs: at least one of `from` or `until` must stand here."),
    ({"runs": {"to": "2026-12-31"}}, "runs.to: there is no setting of this name here;"),
    ({"runs": {"from": "31.12.2026"}}, 'runs.from: this must be a date such as "2026-11-27".'),
    ({"runs": {"from": "2026-12-02", "until": "2026-12-01"}}, "runs.until: the last day must not be before the first"),
    ({"ramp": 0}, "ramp: this must be a whole number from 1 to 100000000."),
    ({"ramp": "500"}, "ramp: this must be a whole number"),
    ({"exit": BAD_RULE}, "exit.all[0].tag.nam: "),
    ({"goal": {"within_days": 3}}, "goal: the setting `rule` is missing; add it."),
    ({"goal": {"rule": TAGGED, "within_days": "3"}}, "goal.within_days: this must be a whole number"),
    ({"goal": {"rule": {"segment": {"key": "loud"}}}}, "goal.rule.segment.key: "),
    ({"steps": []}, "steps: a journey has at least one step; add one."),
    ({"steps": {}}, "steps: this must be a list of steps."),
    ({"steps": ["send"]}, "steps[0]: A step is a mapping of names to values."),
    ({"name": "a\0b"}, "name: this is neither a printable text nor a number"),
    *(({"holdout": bad}, "holdout: this is neither a printable text") for bad in (float("nan"), -0.0, 1e-9, 10**16)),
]


RULES = [
    ("", "this must be a text of 1 to 500 characters."),
    ("every month", "`EVERY MONTH` is no part of a rule; write parts with `;`"),
    ("RRULE:FREQ=DAILY", "`RRULE:FREQ=DAILY` is no part of a rule;"),
    ("FREQ=DAILY;", "`` is no part of a rule;"),
    ("FREQ=DAILY;BYEASTER=0", "there is no part `BYEASTER` in a rule; use `FREQ`,"),
    ("DTSTART:20261201T100000\nRRULE:FREQ=DAILY", "`DTSTART` does not belong here; write one rule alone,"),
    ("FREQ=DAILY\nEXDATE:20261224", "`EXDATE` does not belong here;"),
    ("FREQ=DAILY;RDATE=20261224", "`RDATE` does not belong here;"),
    ("FREQ=DAILY;BYHOUR=9", "`BYHOUR` is a time of day; remove it and say the time under `at`."),
    ("FREQ=DAILY;BYMINUTE=9", "`BYMINUTE` is a time of day;"),
    ("FREQ=DAILY;BYSECOND=9", "`BYSECOND` is a time of day;"),
    ("FREQ=HOURLY", "a rule names days, at most one entry a day; use `DAILY`,"),
    ("FREQ=SECONDLY;INTERVAL=86400", "a rule names days, at most one entry a day;"),
    ("BYMONTHDAY=1", "the rule does not say how often; begin it with `FREQ=`,"),
    ("FREQ=FORTNIGHTLY", "`FREQ=FORTNIGHTLY` cannot be read; write DAILY, WEEKLY,"),
    ("FREQ=DAILY;FREQ=DAILY", "`FREQ` stands twice; write it once."),
    ("FREQ=MONTHLY;INTERVAL=0", "`INTERVAL=0` cannot be read; write a whole number of 1 or more."),
    ("FREQ=MONTHLY;INTERVAL=-1", "`INTERVAL=-1` cannot be read;"),
    ("FREQ=MONTHLY;COUNT=0", "`COUNT=0` cannot be read;"),
    ("FREQ=MONTHLY;UNTIL=20261231T235959Z", "`UNTIL=20261231T235959Z` cannot be read; write the last day,"),
    ("FREQ=MONTHLY;UNTIL=20260230", "`UNTIL=20260230` cannot be read;"),
    ("FREQ=MONTHLY;COUNT=2;UNTIL=20271231", "`COUNT` and `UNTIL` both end the rule; write one of them."),
    ("FREQ=MONTHLY;BYMONTHDAY=32", "`BYMONTHDAY=32` cannot be read; write numbers up to 31,"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "`BYMONTHDAY=0` cannot be read;"),
    ("FREQ=MONTHLY;BYDAY=XX", "`BYDAY=XX` cannot be read; write `MO` … `SU`."),
    ("FREQ=WEEKLY;BYDAY=1MO", "`BYDAY` like this does not go with the rest of a rule of `FREQ=WEEKLY`;"),
    ("FREQ=WEEKLY;BYMONTHDAY=1", "`BYMONTHDAY` like this does not go with"),
    ("FREQ=MONTHLY;BYWEEKNO=1", "`BYWEEKNO` like this does not go with"),
    ("FREQ=MONTHLY;BYSETPOS=-1", "`BYSETPOS` chooses among the days of another `BY` part; add one."),
    ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "no day within ten years fits this rule; correct it."),
    ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "no day within ten years fits this rule;"),
    ("FREQ=MONTHLY;UNTIL=20261130", "no day within ten years fits this rule;"),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "no day within ten years fits this rule;"),
]


@pytest.mark.parametrize(("every", "sentence"), RULES, ids=[every for every, _sentence in RULES])
def test_a_mistake_in_a_recurring_rule(every: str, sentence: str) -> None:
    entry = {"recurring": {"every": every, "from": "2026-12-01"}}
    assert refusal(definition(entry=entry)).startswith(f"entry.recurring.every: {sentence}")


@pytest.mark.parametrize(("head", "sentence"), HEADS, ids=[sentence for _head, sentence in HEADS])
def test_a_mistake_in_the_head(head: dict[str, Any], sentence: str) -> None:
    assert refusal(definition(**head)).startswith(sentence)


@pytest.mark.parametrize("name", ["key", "name", "kind", "entry", "steps"])
def test_a_part_that_is_missing(name: str) -> None:
    whole = definition()
    del whole[name]
    assert refusal(whole) == f"the setting `{name}` is missing; add it."


def test_a_sentence_stays_one_however_long_the_mistake() -> None:
    whole = definition()
    for bad in (definition(kind=whole), definition(**{"x" * 5000: 1}), definition(entry={"date": {"of": [whole] * 9}})):
        said = refusal(bad)
        assert len(said) < 300
        assert "\n" not in said


def test_what_is_no_mapping_at_all() -> None:
    assert refusal(["steps"]) == "A journey is a mapping of names to values."


def race(winner: dict[str, Any], *weights: int) -> dict[str, Any]:
    """A split whose paths compete."""
    paths = [path(f"p{number}", weight=weight) for number, weight in enumerate(weights or (1, 1))]
    return step("split", paths=paths, winner=winner)


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "send"}, "steps[0]: the setting `key` is missing; add it."),
    ({"key": "Mail", "kind": "exit"}, "steps[0].key: a key has 1 to 64 lower-case letters"),
    ({"key": "mail"}, "steps[0]: the setting `kind` is missing; add it."),
    (step("sent"), "steps[0].kind: `sent` is not known here; did you mean `send`?"),
    (send(chanels=[]), "steps[0].chanels: there is no setting of this name here; did you mean `channels`?"),
    (send(channels=[]), "steps[0].channels: name at least one channel, and each only once."),
    (send(channels=["email", "email"]), "steps[0].channels: name at least one channel, and each only once."),
    (send(channels="email"), "steps[0].channels: this must be a list of channels."),
    (send(channels=["email", "mail"]), "steps[0].channels[1]: `mail` is not known here; did you mean `email`?"),
    (send(channels=["desk"]), "steps[0].channels[0]: `desk` is not known here; use `preferred`, `email`, `sms` or"),
    (send(content="helo"), "steps[0].content: there is no content `helo`; create it first or name another."),
    (
        send(content="letter", channels=["preferred", "email", "sms"]),
        "steps[0].content: the content `letter` has no variant for `sms`; add one, or do not send it there.",
    ),
    (
        send(content="script", channels=["preferred"]),
        "steps[0].content: the content `script` has no variant for `email`, `sms` or `chat`; add one.",
    ),
    (send(offer="ten"), "steps[0].offer: there is no offer `ten`; create it first or name another."),
    (send(deadline={"days": 0}), "steps[0].deadline: a duration lasts from one minute to"),
    (send(deadline={"weeks": 1}), "steps[0].deadline.weeks: there is no setting of this name here; use `days`,"),
    (send(deadline=3), "steps[0].deadline: A duration is a mapping of names to values."),
    (send(losing="lose"), "steps[0].losing: `lose` is not known here; use `defer` or `drop`."),
    (send(priority=100), "steps[0].priority: this must be a whole number from 1 to 99."),
    (send(otherwise=[step("exit", key="mail")]), "steps[0].otherwise[0].key: the key `mail` is taken by steps[0];"),
    (send(otherwise=[step("leave")]), "steps[0].otherwise[0].kind: `leave` is not known here;"),
    (step("grant_offer"), "steps[0]: the setting `offer` is missing; add it."),
    (step("grant_offer", offer="nine-off"), "steps[0].offer: there is no offer `nine-off`;"),
    (
        step("wait"),
        "steps[0]: exactly one of `duration`, `local_time`, `window`, `until_date`, `member_date` or `fact_date` must",
    ),
    (wait(duration=DAY, local_time="10:00"), "steps[0]: exactly one of `duration`, `local_time`,"),
    (wait(duration={"days": -1}), "steps[0].duration.days: this must be a whole number from 0"),
    (wait(duration={"hours": 1.5}), "steps[0].duration.hours: this must be a whole number from 0"),
    (wait(local_time="25:00"), 'steps[0].local_time: this must be a time of day such as "09:30".'),
    (wait(until_date="2026-02-30"), "steps[0].until_date: there is no such day in the calendar:"),
    (wait(until_date="27.11.2026"), 'steps[0].until_date: this must be a date such as "2026-11-27".'),
    (wait(member_date={"offset_days": 3}), "steps[0].member_date: the setting `of` is missing; add it."),
    (wait(member_date={"of": "wedding"}), "steps[0].member_date.of: `wedding` is no date of a member;"),
    (wait(member_date={"of": "birthday", "days": 1}), "steps[0].member_date.days: there is no setting"),
    (
        wait(member_date={"of": "birthday", "offset_days": 1.5}),
        "steps[0].member_date.offset_days: this must be a whole number from -365 to 365.",
    ),
    (wait(window={}), "steps[0].window: name the `days` of the week, or the times `from` and `until`."),
    (wait(window={"days": ["tuesdy"]}), "steps[0].window.days[0]: `tuesdy` is not known here; did you mean `tuesday`?"),
    (wait(window={"days": []}), "steps[0].window.days: name at least one day of the week, and each only once."),
    (wait(window={"from": "10:00"}), "steps[0].window: the setting `until` is missing; add it."),
    (wait(window={"from": "10:00", "until": "24:00"}), "steps[0].window.until: this must be a time of day"),
    (wait(fact_date={"of": "happened_at"}), "steps[0].fact_date: exactly one of `fact` or `entry` must stand here."),
    (wait(fact_date={"entry": False}), "steps[0].fact_date.entry: this must be `true`, or a `fact` must stand here"),
    (wait(fact_date={"entry": True}), "steps[0].fact_date.entry: members do not enter this journey by a fact;"),
    (wait(fact_date={"fact": FACT, "of": "property:day"}), "steps[0].fact_date.of: only events have properties;"),
    (wait(fact_date={"fact": {**FACT, "key": "x"}}), "steps[0].fact_date.fact.key: only events have properties"),
    (wait(fact_date={"fact": GO, "of": "day"}), "steps[0].fact_date.of: this must be `happened_at` or `property:"),
    (wait(fact_date={"fact": {**GO, "where": 1}}), "steps[0].fact_date.fact.where: must be a list"),
    (wait(duration=DAY, at="10:00"), "steps[0].at: a time of day belongs to a date; remove it, or use `local_time`"),
    (wait(until_date="2026-11-27", at="ten"), "steps[0].at: this must be a time of day"),
    (step("wait_for", timeout=DAY), "steps[0]: exactly one of `fact`, `any`, `all` or `rule` must stand here."),
    (step("wait_for", fact=FACT, any=[FACT], timeout=DAY), "steps[0]: exactly one of `fact`, `any`, `all` or `rule`"),
    (step("wait_for", any=[], timeout=DAY), "steps[0].any: name one to 10 facts."),
    (step("wait_for", all=[FACT, {"topic": "event"}], timeout=DAY), "steps[0].all[1]: the setting `name` is missing;"),
    (step("wait_for", all=[{**FACT, "where": {"colour": 1}}], timeout=DAY), "steps[0].all[0].where.colour: is not a"),
    (step("wait_for", rule=BAD_RULE, timeout=DAY), "steps[0].rule.all[0].tag.nam: "),
    (step("wait_for", fact=FACT), "steps[0]: the setting `timeout` is missing; add it."),
    (step("wait_for", fact={"topic": "buy"}, timeout=DAY), "steps[0].fact.topic: `buy` is not known here;"),
    (step("wait_for", fact={"topic": "event"}, timeout=DAY), "steps[0].fact: the setting `name` is missing;"),
    (step("wait_for", fact={**FACT, "rule": TAGGED}, timeout=DAY), "steps[0].fact.rule: there is no setting"),
    (
        step("wait_for", fact=FACT, timeout=DAY, timed_out=[wait(duration={})]),
        "steps[0].timed_out[0].duration: a duration lasts from one minute to",
    ),
    (step("branch"), "steps[0]: the setting `paths` is missing; add it."),
    (step("branch", paths=[]), "steps[0].paths: there is no path; add one."),
    (step("branch", paths=[path("vip")]), "steps[0].paths[0]: the setting `when` is missing; add it."),
    (step("branch", paths=[path("vip", when=TAGGED, weight=1)]), "steps[0].paths[0].weight: there is no setting"),
    (step("branch", paths=[path("vip", when=BAD_RULE)]), "steps[0].paths[0].when.all[0].tag.nam: "),
    (step("branch", paths=[path("vip", when={"tagged": {}})]), "steps[0].paths[0].when"),
    (step("branch", paths=[path("otherwise", when=TAGGED)]), "steps[0].paths[0].key: `otherwise` means something"),
    (
        step("branch", paths=[path("vip", when=TAGGED), path("vip", when=ANYBODY)]),
        "steps[0].paths[1].key: the key `vip` is taken by an earlier path of this step.",
    ),
    (
        step("branch", paths=[path("vip", step("exit"), step("sent"), when=TAGGED)]),
        "steps[0].paths[0].steps[1].kind: `sent` is not known here;",
    ),
    (step("split", paths=[path("a")]), "steps[0].paths[0]: the setting `weight` is missing; add it."),
    (step("split", paths=[path("a", weight=-1)]), "steps[0].paths[0].weight: this must be a whole number from 0"),
    (step("split", paths=[path("a", weight=0)]), "steps[0].paths: every weight is 0; give a path a weight of 1"),
    (race({}), "steps[0].winner: the setting `sample` is missing; add it."),
    (race({"sample": 0}), "steps[0].winner.sample: this must be a whole number from 1"),
    (race({"sample": 5, "probability": 0.5}), "steps[0].winner.probability: this must be a number above 0.5 and"),
    (race({"sample": 5, "reopen": "yes"}), "steps[0].winner.reopen: this must be `true` or `false`."),
    (race({"sample": 5}, 1, 0), "steps[0].winner: a winner is one of two to 10 paths with a weight of 1 or more;"),
    (race({"sample": 5}), "steps[0].winner: paths win by the journey's goal, and this journey has none; add a `goal`,"),
    (step("update"), "steps[0]: exactly one of `add_tag`, `remove_tag`, `set_attribute` or `earn_points` must"),
    (step("update", add_tag="a", remove_tag="b"), "steps[0]: exactly one of `add_tag`,"),
    (step("update", add_tag="very good"), "steps[0].add_tag: a tag has 1 to 64 letters, digits,"),
    (step("update", remove_tag=7), "steps[0].remove_tag: a tag has 1 to 64 letters, digits,"),
    (step("update", set_attribute={"name": "size"}), "steps[0].set_attribute: the setting `value` is missing;"),
    (step("update", set_attribute={"name": "size", "value": []}), "steps[0].set_attribute.value: this must be a"),
    (step("update", earn_points={"points": 0}), "steps[0].earn_points.points: this must be a whole number from 1"),
    (
        step("update", earn_points={"points": 5, "expires_after_days": 0}),
        "steps[0].earn_points.expires_after_days: this must be a whole number from 1",
    ),
    (step("follow_up", content="script"), "steps[0]: the setting `team` is missing; add it."),
    (step("follow_up", content="script", team="sales"), "steps[0].team: there is no team `sales`; create it first"),
    (
        step("follow_up", content="hello", team="recovery"),
        "steps[0].content: the content `hello` has no variant for `desk`; add one, or do not send it there.",
    ),
    (step("follow_up", content="script", team="recovery", due_in=1), "steps[0].due_in: A duration is a mapping"),
    (step("go_to"), "steps[0]: the setting `step` is missing; add it."),
    (step("go_to", step="maul"), "steps[0].step: there is no step `maul` in this journey; use `go-to`."),
    (step("go_to", step="go-to"), "steps[0].step: the way back from here to `go-to` never rests; put a wait"),
    (step("go_to", step="go-to", at_most=1), "steps[0].at_most: this must be a whole number from 2 to 10000."),
    (step("exit", why="done"), "steps[0].why: there is no setting of this name here; use `key` or `kind`."),
]


@pytest.mark.parametrize(("bad", "sentence"), STEPS, ids=[sentence for _bad, sentence in STEPS])
def test_a_mistake_in_a_step(bad: dict[str, Any], sentence: str) -> None:
    assert refusal(definition(bad)).startswith(sentence)


def test_a_key_that_two_steps_have() -> None:
    assert refusal(definition(send(), send())) == (
        "steps[1].key: the key `mail` is taken by steps[0]; every step of a journey has its own."
    )


def test_a_step_that_no_way_leads_to() -> None:
    leaving = step("branch", paths=[path("vip", step("exit", key="out"), when=TAGGED)], otherwise=[step("exit")])
    sentence = "steps[1]: no way leads to this step, because every way before it ends or jumps; move or remove it."
    assert refusal(definition(leaving, send())) == sentence
    assert refusal(definition(step("exit"), send())) == sentence


@pytest.mark.parametrize(("name", "value"), [("at_most", 5), ("otherwise", [])])
def test_a_limit_on_a_way_ahead(name: str, value: Any) -> None:
    ahead = step("branch", paths=[path("vip", step("go_to", step="end", **{name: value}), when=TAGGED)])
    assert refusal(definition(ahead, send(), wait("end"))) == (
        f"steps[0].paths[0].steps[0].{name}: the step `end` stands behind this one, and a way ahead has no limit;"
        " remove this."
    )


def test_a_circle_in_which_nobody_rests() -> None:
    round_and_round = [send(), wait(until_date="2026-11-27"), step("go_to", step="mail")]
    assert refusal(definition(*round_and_round)).startswith("steps[2].step: the way back from here to `mail` never")


def test_a_circle_that_one_of_two_ways_through_never_rests_in() -> None:
    hasty = step("branch", paths=[path("vip", wait(), when=TAGGED)])
    assert "never rests" in refusal(definition(send(), hasty, step("go_to", step="mail")))


@pytest.mark.parametrize(
    "resting", [wait(), wait(local_time="10:00"), step("wait_for", key="rest", fact=FACT, timeout=DAY)]
)
def test_a_circle_with_a_rest_is_good(resting: dict[str, Any]) -> None:
    checked = definitions.check(definition(send(), resting, step("go_to", step="mail")))
    assert [way.source for way in checked.ways if way.again] == ["go-to"]


def test_words_about_an_offer_that_nobody_granted() -> None:
    assert refusal(definition(send(content="promise"))) == (
        "steps[0].content: the content `promise` speaks of an offer, and none is granted before; "
        "put a grant_offer step before, or name the `offer` here."
    )


def test_words_about_an_offer_where_two_may_have_been_granted() -> None:
    either = step("grant_offer", offer="ten-off", otherwise=[step("grant_offer", key="instead", offer="five-off")])
    assert refusal(definition(either, send(content="promise"))) == (
        "steps[1].content: the content `promise` speaks of an offer, "
        "and `five-off` or `ten-off` may be granted before; say which."
    )


def test_words_that_are_broken() -> None:
    content("broken", "sms", text="Hello {{ member.frist_name }}")
    assert refusal(definition(send(content="broken", channels=["sms"]))).startswith(
        "steps[0].content: the content `broken` cannot be used: "
    )


def test_nesting_without_end() -> None:
    nested = step("exit", key="end")
    for depth in range(14):
        nested = step("branch", key=f"b{depth}", paths=[path("in", nested, when=TAGGED)])
    assert refusal(definition(nested)).endswith("paths are nested too deeply; 12 levels are enough.")
    lists: list[Any] = []
    for _depth in range(100):
        lists = [lists]
    assert refusal(definition(name=lists)).endswith("this is nested too deeply; 60 levels are enough.")


def test_a_journey_enters_another_one_that_is_there_and_no_way_leads_back() -> None:
    """Neither straight nor through others; what is only drawn does not count yet."""
    there = {"key": "other", "kind": "enter", "journey": "second"}
    assert refusal(definition(there)).startswith("steps[0].journey: there is no journey `second`; create it first")
    assert refusal(definition({**there, "journey": 3})).startswith("steps[0].journey: a key has 1 to 64")
    assert refusal(definition(step("enter"))) == "steps[0]: the setting `journey` is missing; add it."
    for key in ("first", "second", "third"):
        Journey.objects.create(key=key, name=key.title(), kind="greeting")
    assert refusal(definition({**there, "journey": "first"})).startswith("steps[0].journey: a journey does not enter")
    second = definition({**there, "journey": "third"}, key="second")
    third = definition({**there, "journey": "first"}, key="third")
    for drawn in (third, second):
        publishing.publish(Journey.objects.get(key=drawn["key"]), drawn, NOW)
    way_back = "this leads back here by way of `second`, `third`; a way back is a `go_to` within one journey."
    assert refusal(definition(there)) == f"steps[0].journey: {way_back}"
    publishing.publish(Journey.objects.get(key="third"), definition(wait(), key="third"), NOW)
    definitions.check(definition(there))
