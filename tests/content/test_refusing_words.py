"""Words that cannot be sent are refused when they are saved, with one sentence that names the place."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from content import filters, variables
from content.compiled import check
from content.models import Variant
from content.rendering import problems, uses_offer
from content.templates import TAGS, BadTemplate, parse
from tests.content.words import content, draft, layout, variant


def refusal(words: Variant) -> str:
    with pytest.raises(BadTemplate) as refused:
        check(words)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hi\n{{ member.firstname }}", "Text, line 2: there is no variable member.firstname; did you mean member.f"),
        ("{{ first_name }}", "Text, line 1: there is no variable first_name; did you mean member.first_name?"),
        ("{{ member.first_name | upcas }}", "Text, line 1: there is no filter upcas; did you mean upcase?"),
        ("{% if member.tear == 'gold' %}a{% endif %}", "Text, line 1: there is no variable member.tear; did you"),
        ("{% for x in member.list %}{{ x }}{% endfor %}", "Text, line 1: there is no variable member.list"),
        ("{{ member.name | default: ofer.name }}", "Text, line 1: there is no variable ofer.name; did you mean"),
        ("{{ member[key] }}", "Text, line 1: there is no variable member[key]"),
        ("{{ member.attributes.size.eu }}", "Text, line 1: there is no variable member.attributes.size.eu"),
        ("{{ now }}", "Text, line 1: there is no variable now; docs/content.md lists what there is."),
        ("{{ 'now' | date: '%Y' }}", "Text, line 1: date cannot write “now” as “%Y”"),
        ("{{ member.name | safe }}", "Text, line 1: there is no filter safe"),
        ("a\n\n{{ member.name", "Text, line 3: expected '}}', found end of file."),
        ("a\n{{ member.name | }}", "Text, line 2: expected word, found end of expression."),
        ("{{ member..name }}", "Text, line 1: expected end of expression, found '..'."),
        ("\n{% if member.name %}a", "Text, line 2: {% if %} needs an {% endif %}."),
        ("{% if offer %}\n{% for x in (1..3) %}a{% endfor %}", "Text, line 1: {% if %} needs an {% endif %}."),
        ("a\n{% endif %}", "Text, line 2: unexpected tag 'endif'."),
        ("{% assign x %}", "Text, line 1: expected '=', found end of expression."),
        ("{% include 'x' %}", "Text, line 1: unexpected tag 'include'."),
        ("{% if member.points = 1 %}a{% endif %}", "Text, line 1: expected end of expression, found '='."),
        ("{{ 'shop' | link }}", "Text, line 1: link needs a whole address such as https://example.com/, not “shop”."),
        ("{{ 'x' | number }}", "Text, line 1: “x” is no number."),
        ("{% for x in (1..9999) %}a{% endfor %}", "Text, line 1: loop iteration limit reached."),
        ("{{ (1..100000000) | join: ', ' }}", "Text, line 1: a range of more than 1000 numbers is too long"),
        ("{{ 'Infinity' | ceil }}", "Text: it cannot be filled in: OverflowError: cannot convert"),
        ("{{ member.birthday | date: '%d.%m.%Y' }}", "Text, line 1: date cannot write “March 14, 1990” as “%d.%m.%Y”"),
        ("{{ offer.until | date: 'd MMMM, HH:mm' }}", "Text, line 1: date cannot write “May 20, 2026” as “d MMMM, HH:"),
        ("{{ offer.until | date: 'long please' }}", "Text, line 1: date cannot write “May 20, 2026” as “long please”"),
        (" \n", "Text: it is empty; every variant has a text, also the one of an e-mail with a layout."),
    ],
)  # fmt: skip
def test_a_text_is_refused_with_the_line_and_what_would_be_right(text: str, sentence: str) -> None:
    found = refusal(draft(text=text))
    assert found.startswith(sentence)
    assert "\n" not in found


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("<mj-text>{{ member.nam }}</mj-text>", "MJML, line 4: there is no variable member.nam; did you mean"),
        ("<mj-text>{{ member.name }</mj-text>", "MJML, line 4: expected '}}', found end of file."),
        ("<mj-txt>a</mj-txt>", "MJML, line 4: there is no element mj-txt; did you mean mj-text?"),
        ('<mj-include path="/etc/passwd"/>', "MJML, line 4: mj-include is not supported"),
        ("<mj-text>a</mj-section>", "MJML, line 4: </mj-section> comes before <mj-text> of line 4 is closed."),
        ("<mj-text>\n<b>a\n</mj-text>", "MJML, line 6: </mj-text> comes before <b> of line 5 is closed."),
        ("<mj-text>", "MJML, line 5: </mj-column> comes before <mj-text> of line 4 is closed."),
        ("<mj-text color=red>a</mj-text>", 'MJML, line 4: the attributes of <mj-text> must look like name="value".'),
        ("<mj-text>1 < 2</mj-text>", "MJML, line 4: a < that starts no tag is written &lt;."),
        ('<mj-image src="a" width="{{ member.points }}px"/>', "MJML, line 4: {{ member.points }} does not get into"),
        ("</mj-column></mj-section></mj-body></mjml></b><mjml>", "MJML, line 4: </b> closes nothing."),
    ],
)
def test_a_layout_is_refused_with_the_line_and_what_would_be_right(body: str, sentence: str) -> None:
    found = refusal(draft("email", mjml=layout(body)))
    assert found.startswith(sentence)
    assert "\n" not in found


@pytest.mark.parametrize(
    ("mjml", "sentence"),
    [
        ("hello", "MJML: a layout starts with <mjml> and ends with </mjml>."),
        ("<mjml></mjml>", "MJML: there is no <mj-body>; a layout is <mjml><mj-body>…</mj-body></mjml>."),
        ("<mjml><mj-body>\n<mj-section></mjml>", "MJML, line 2: </mjml> comes before <mj-section>"),
        ("<mjml><mj-body></mj-body>\n<p></mjml><mjml></mjml>", "MJML, line 2: </mjml> comes before <p>"),
    ],
)
def test_what_is_no_layout_is_refused(mjml: str, sentence: str) -> None:
    assert refusal(draft("email", mjml=mjml)).startswith(sentence)


@pytest.mark.parametrize(
    ("channel", "fields", "sentence"),
    [
        ("email", {"subject": " "}, "Subject: it is empty; every e-mail has one."),
        ("email", {"subject": "{{ x }}"}, "Subject, line 1: there is no variable x"),
        ("sms", {"subject": "Hello"}, "Subject: only an e-mail has one"),
        ("desk", {"mjml": layout("")}, "MJML: only an e-mail has one"),
    ],
)
def test_each_channel_has_the_parts_that_it_sends(channel: str, fields: dict[str, Any], sentence: str) -> None:
    assert refusal(draft(channel, **fields)).startswith(sentence)


@pytest.mark.django_db
def test_saving_through_a_form_refuses_at_the_field() -> None:
    with pytest.raises(ValidationError) as refused:
        variant(text="{{ x }}")
    assert refused.value.message_dict == {
        "text": ["Text, line 1: there is no variable x; docs/content.md lists what there is."]
    }


@settings(deadline=None)  # a busy machine is no finding
@given(st.text(st.sampled_from("{}%| .'\"()abifendmember\n"), max_size=60))
def test_any_text_is_either_sent_or_refused_with_one_sentence(text: str) -> None:
    try:
        check(draft(text=text))
    except BadTemplate as refused:
        assert "\n" not in str(refused).replace(text, "")  # noqa: PT017 - most texts are refused, not all


@settings(deadline=None)  # a busy machine is no finding
@given(st.text(st.sampled_from("{}%|<>/= '\"abmj-text\n"), max_size=60))
def test_any_layout_is_either_sent_or_refused_with_one_sentence(body: str) -> None:
    try:
        check(draft("email", mjml=layout(f"<mj-text>{body}</mj-text>")))
    except BadTemplate as refused:
        assert str(refused).startswith("MJML")  # noqa: PT017


@pytest.mark.parametrize("name", variables.NAMES)
def test_every_variable_is_known_and_has_an_example(name: str) -> None:
    name = name.replace("*", "size")
    shown = parse("text", f"{{{{ {name} }}}}").render(variables.examples())
    assert shown.strip() or name.startswith("member.attributes.")  # of which the example has none


def test_there_are_no_filters_and_tags_but_the_listed_ones() -> None:
    template = parse("text", "").bound
    assert set(template.env.filters) == set(filters.NAMES)
    assert set(template.env.tags) - {"content", "output", "illegal"} == set(TAGS) - {"raw"}  # which the lexer reads


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("Hello", False),
        ("{{ offer.price }}", True),
        ("{% if offer.code %}a{% endif %}", True),
        ("{% if offer %}{{ offer.price }}{% endif %}", False),
        ("{{ store.name }}", False),
    ],
)
def test_a_variant_needs_an_offer_when_it_speaks_of_one_without_asking(text: str, needed: bool) -> None:
    assert uses_offer(draft(text=text)) is needed
    assert uses_offer(draft("email", subject=text)) is needed
    assert uses_offer(draft("email", mjml=layout(f"<mj-text>{text}</mj-text>"))) is needed


@pytest.mark.django_db
def test_the_problems_of_a_content_name_each_variant() -> None:
    empty, full = content("empty"), content("full")
    variant("sms", full, text="{{ offer.price }}")
    variant("chat", full, text="Hello")
    Variant.objects.create(content=full, channel="email", subject="{{ x }}", text="Hello")

    assert problems(empty, has_offer=True) == ["The content empty has no variants; add one for each channel."]
    broken = "Content full (email, en): Subject, line 1: there is no variable x; docs/content.md lists what there is."
    assert problems(full, has_offer=True) == [broken]
    sentence = (
        "Content full (sms, en) speaks of an offer, and there is none; name one, or write {% if offer %} … {% endif %}."
    )
    assert problems(full, has_offer=False) == [
        broken,
        sentence,
    ]
