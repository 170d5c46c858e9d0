"""Messages filled in: what each variable says for a member, in the member's language, and nothing that breaks out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content import filters, links
from content.facts import About, Letter, facts_for
from content.models import Grant, Link, Offer
from content.offers import addresses
from content.rendering import BadTemplate, Order, Rendered, check, render, render_all, variant_for, variants
from content.templates import parse
from content.variables import NAMES, examples
from members.models import Member, Standing
from members.vocabulary import Tier
from tests import cast
from tests.cast import NOW
from tests.content.promises import granted, offer
from tests.content.words import content, draft, layout, variant

EVERYTHING = "\n".join(f"{name}={{{{ {name.replace('*', 'size')} }}}}" for name in NAMES)


def standing(member: Member, **fields: Any) -> Standing:
    return Standing.objects.create(member=member, as_of=NOW, **fields)


def said(member: Member, text: str, language: str = "en", grant: Grant | None = None, **fields: Any) -> str:
    about = About(member.pk, language, grant.pk if grant else None, **fields)
    return render(draft(text=text, language=language), facts_for([about])[0], "https://x.example/u/1").text


def lines(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


@pytest.mark.django_db
def test_every_variable_of_a_member_who_has_everything() -> None:
    ada = cast.ada(attributes={"size": "M"})
    standing(
        ada,
        tier=Tier.GOLD,
        points=1250,
        points_expiring=200,
        points_expire_at=datetime(2026, 6, 29, 22, 0, tzinfo=UTC),  # midnight in Berlin
    )
    [grant] = granted(offer(name="Tea", terms="One each.", valid_days=14), ada)

    letter = Letter("Your coat", "It is here.")
    assert lines(said(ada, EVERYTHING, grant=grant, journey_name="Win back", letter=letter)) == {
        "member.first_name": "Ada",
        "member.last_name": "Berg",
        "member.name": "Ada Berg",
        "member.code": "M-ADA",
        "member.tier": "gold",
        "member.tier_name": "Gold",
        "member.points": "1250",
        "member.points_expiring": "200",
        "member.points_expire_on": "June 30, 2026",
        "member.birthday": "March 14, 1990",
        "member.joined_on": "May 1, 2024",
        "member.attributes.*": "M",
        "store": "Chorale Berlin",
        "store.name": "Chorale Berlin",
        "store.phone": "+4930123456",
        "store.address": "Lindenallee 1",
        "offer": "Tea",
        "offer.name": "Tea",
        "offer.terms": "One each.",
        "offer.price": "€10.00",
        "offer.usual_price": "€15.00",
        "offer.saving": "€5.00",
        "offer.code": f"{grant.code[:5]}-{grant.code[5:]}",
        "offer.until": "March 24, 2026",
        "offer.url": addresses.page_url(grant.public_id),
        "offer.qr_url": addresses.picture_url(grant.public_id),
        "letter": "It is here.",
        "letter.subject": "Your coat",
        "letter.text": "It is here.",
        "journey.name": "Win back",
        "unsubscribe_url": "https://x.example/u/1",
    }


@pytest.mark.django_db
def test_what_a_member_lacks_is_empty_and_false_but_an_offer_or_letter_that_is_not_there_is_refused() -> None:
    nobody = cast.member("M-0")

    known = lines(
        said(
            nobody, "\n".join(line for line in EVERYTHING.splitlines() if "offer" not in line and "letter" not in line)
        )
    )
    assert {name for name, value in known.items() if value} == {
        "member.code", "member.tier", "member.tier_name", "member.points", "member.points_expiring", "unsubscribe_url"
    }  # fmt: skip
    assert (known["member.tier"], known["member.points"]) == ("base", "0")
    assert (
        said(nobody, "{% if store %}a{% else %}b{% endif %}{% if member.first_name %}a{% else %}b{% endif %}") == "bb"
    )
    assert said(nobody, "{% if offer %}{{ offer.price }}{% else %}none{% endif %}") == "none"
    assert (
        said(nobody, "{{ member.first_name | default: 'you' }} {{ member.attributes.size | default: 'L' }}") == "you L"
    )
    with pytest.raises(BadTemplate, match=r"^Text, line 2: there is no offer.price for this member\.$"):
        said(nobody, "a\n{{ offer.price }}")
    with pytest.raises(BadTemplate, match=r"^Text, line 1: there is no letter.text for this member\.$"):
        said(nobody, "{{ letter.text }}")


@pytest.mark.django_db
def test_money_and_dates_are_written_as_in_the_member_s_country_if_the_text_is_in_the_member_s_language() -> None:
    ada = cast.ada(locale="de-AT", birthday=datetime(1990, 3, 14, tzinfo=UTC).date())
    [grant] = granted(offer(price=Decimal("1234.50")), ada)
    text = "{{ offer.price }}|{{ offer.until }}|{{ member.birthday | date: 'd. MMMM' }}|{{ 1234.5 | number }}"

    assert said(ada, text, "de", grant) == "€ 1.234,50|24. März 2026|14. März|1.234,5"
    assert said(ada, text, "en", grant) == "€1,234.50|March 24, 2026|14. March|1,234.5"
    assert said(ada, text, "xx", grant) == "€1,234.50|March 24, 2026|14. March|1,234.5"


@pytest.mark.django_db
def test_a_currency_has_its_own_decimals() -> None:
    ada = cast.ada(locale="ja")
    [grant] = granted(offer(price=Decimal("1200.00"), currency="JPY"), ada)

    assert said(ada, "{{ offer.price }}", "ja", grant) == "￥1,200"


@pytest.mark.django_db
def test_the_last_day_of_an_offer_is_the_one_on_the_member_s_own_calendar() -> None:
    ends = datetime(2026, 3, 20, 23, 0, tzinfo=UTC)  # midnight in Berlin, evening in New York
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    grants = granted(offer(ends_at=ends, valid_days=30), ada, ben, chidi)

    texts = [
        said(who, "{{ offer.until | date: 'short' }}", grant=one)
        for who, one in zip((ada, ben, chidi), grants, strict=True)
    ]

    assert texts == ["3/20/26", "3/20/26", "3/20/26"]
    later = cast.member("M-SYD", zone="Australia/Sydney")
    [grant] = granted(Offer.objects.get(), later)
    assert said(later, "{{ offer.until | date: 'short' }}", grant=grant) == "3/21/26"


@pytest.mark.django_db
def test_the_price_is_the_grant_s_whatever_became_of_the_offer() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    Offer.objects.update(price=Decimal("99.00"))
    assert said(ada, "{{ offer.price }} {{ offer.saving }}", grant=grant) == "€10.00 €5.00"

    Offer.objects.update(currency="USD")
    assert said(ada, "{{ offer.price }}{{ offer.usual_price }}", grant=grant) == "€10.00"


@pytest.mark.django_db
def test_nobody_sees_another_member_s_grant() -> None:
    ada, ben = cast.ada(), cast.ben()
    [grant] = granted(offer(), ada)

    assert facts_for([About(ben.pk, "en", grant.pk)])[0]["offer"] is None


@pytest.mark.django_db
def test_all_facts_of_a_batch_come_with_one_query(django_assert_num_queries: Any) -> None:
    crowd = cast.crowd(30)
    grants = granted(offer(), *crowd)
    asked = [About(one.pk, "en", grant.pk) for one, grant in zip(crowd, grants, strict=True)]

    with django_assert_num_queries(1):
        found = facts_for([*asked, asked[3]])

    assert [facts["member"]["code"] for facts in found] == [one.external_id for one in [*crowd, crowd[3]]]


# HTML -----------------------------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Sequence[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _value in attrs]))


def tags(html: str) -> list[tuple[str, Sequence[str]]]:
    reader = _Tags()
    reader.feed(html)
    return reader.found


_BODY = (
    '<mj-text>{{ member.name }} <a href="https://x.example/?n={{ member.name | url_encode }}"'
    ' title="{{ member.name }}">x</a></mj-text>'
    + "".join(f"<mj-text>{{{{ member.name | {name} }}}}</mj-text>" for name in ("upcase", "newline_to_br", "strip"))
    + '<mj-text>{{ member.name | append: "!" | split: "" | join: "" | truncate: 200 | replace: "q", "w" }}</mj-text>'
)


@given(st.text(st.sampled_from("<>&\"'/=a b\n{}%script"), max_size=40))
@example('"><script>alert(1)</script>')
@example("{{ offer.price }}{% if x %}")
@example("<b onclick='x'>")
def test_what_members_are_called_never_becomes_markup_or_liquid(name: str) -> None:
    words = draft("email", mjml=layout(_BODY), text="{{ member.name }}")
    facts = examples()

    plain = render(words, {**facts, "member": {**facts["member"], "name": "x"}})
    wild = render(words, {**facts, "member": {**facts["member"], "name": name}})

    breaks = wild.html.count("<br")
    assert [tag for tag in tags(wild.html) if tag[0] != "br"] == [tag for tag in tags(plain.html) if tag[0] != "br"]
    assert breaks == name.count("\n")
    assert wild.text == name


@pytest.mark.parametrize("name", sorted(set(filters.BUILTIN) - {"divided_by", "at_least", "at_most"}))
def test_no_filter_switches_escaping_off(name: str) -> None:
    arguments = {"append": ": '<i>'", "prepend": ": '<i>'", "default": ": 'x'", "split": ": ','", "remove": ": 'x'"}
    numbers = {"plus", "minus", "times", "truncate", "truncatewords"}
    given_ = arguments.get(name, ": 1" if name in numbers else ": 'x', '<u>'" if name == "replace" else "")
    value = "member.tags" if name in {"first", "join", "last", "sort", "uniq"} else "member.name"
    template = parse("text", "{{ member.name }}").bound.env  # any environment, to see that the source is valid
    assert name in template.filters
    facts = {**examples(), "member": {"name": "<b>,<b>", "attributes": {"tags": ["<b>", "<b>"]}}}

    source = f"{{{{ {value.replace('member.tags', 'member.attributes.tags')} | {name}{given_} }}}}"

    assert "<b>" not in parse("text", source, html=True).render(facts)


def test_liquid_survives_mjml_wherever_it_may_stand() -> None:
    body = """
      {% if member.points > 100 and member.tier == "gold" %}<mj-text>rich</mj-text>{% else %}<mj-text>poor</mj-text>{% endif %}
      <mj-button href="https://x.example/{{ member.code | downcase | append: "/x" }}">{{ "a" | upcase }}&nbsp;&amp;</mj-button>
      <mj-button href='{{ "https://y.example/?a=1&b=2" | link }}'>b</mj-button>
      <mj-text font-size="{{ 6 | times: 2 }}px">{% for n in (1..3) %}<i class='"{{ n }}"'>{{ n }}</i>{% endfor %}</mj-text>
      <mj-raw>{% comment %} < > & " ' {% endcomment %}</mj-raw>
    """  # noqa: E501
    words = draft(
        "email", mjml=layout(body).replace("<mj-body>", "<mj-head><mj-title>{{ store }}</mj-title></mj-head><mj-body>")
    )
    check(words)

    html = render(words, examples()).html

    assert "rich" in html
    assert "poor" not in html
    assert 'href="https://x.example/m-1001/x"' in html
    assert 'href="https://y.example/?a=1&amp;b=2"' in html
    assert "A&nbsp;&amp;" in html
    assert "font-size:12px" in html
    assert '<i class="&#34;1&#34;">1</i><i class="&#34;2&#34;">2</i>' in html
    assert "<title>Chorale Berlin</title>" in html
    assert "{" not in html.partition("<body")[2]


def test_a_mail_is_in_the_variant_s_language_and_asks_no_third_party_for_fonts() -> None:
    html = render(draft("email", mjml=layout("<mj-text>Grüße – “ß”</mj-text>"), language="de-AT"), examples()).html
    assert '<html lang="de-AT"' in html
    assert "Grüße – “ß”" in html
    assert "fonts.googleapis.com" not in html


def test_the_lines_of_a_layout_are_short_enough_to_travel_as_they_are() -> None:
    button = '<mj-button href="https://example.com">Look</mj-button>'
    body = "<mj-text>Hello {{ member.name }}</mj-text><mj-image src='https://example.com/tea.png' />" + 5 * button
    html = render(draft("email", mjml=layout(body)), examples()).html
    assert max(map(len, html.splitlines())) <= 998


def test_the_subject_is_one_line() -> None:
    words = draft("email", subject="Hello {{ member.name }}\nBcc: x")
    facts = {**examples(), "member": {"name": "A\r\nB", "attributes": {}}}

    assert render(words, facts).subject == "Hello A B Bcc: x"
    assert (
        len(render(draft("email", subject="{{ member.name }}"), {**facts, "member": {"name": "x" * 2000}}).subject)
        == 998
    )


def test_a_layout_is_compiled_once_and_an_edited_one_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from content import compiled, mjml

    compiled_layouts: list[str] = []
    original = mjml.compiled

    def counting(source: str, language: str) -> str:
        compiled_layouts.append(source)
        return original(source, language)

    monkeypatch.setattr(mjml, "compiled", counting)
    words = draft("email", mjml=layout("<mj-text>only once</mj-text>"))

    for _time in range(3):
        render(words, examples())
    assert len(compiled_layouts) == 1

    words.mjml = layout("<mj-text>edited</mj-text>")
    assert "edited" in render(words, examples()).html
    assert len(compiled_layouts) == 2
    assert compiled._compiled.cache_info().maxsize == 256


def test_filling_in_takes_a_fraction_of_a_millisecond() -> None:
    words = draft(
        "email",
        subject="{{ member.first_name }}, {{ offer.name }}",
        mjml=layout("<mj-text>Hello {{ member.name }}, {{ offer.price }} until {{ offer.until }}</mj-text>" * 3),
        text="Hello {{ member.name }}, {{ offer.price }} {{ unsubscribe_url }}",
    )
    facts = examples()
    render(words, facts)

    best = min(_seconds(words, facts) for _time in range(5))

    assert best / 100 < 0.001  # about 0.1 ms on an idle machine; this one may be busy


def _seconds(words: Any, facts: dict[str, Any]) -> float:
    start = perf_counter()
    for _time in range(100):
        render(words, facts)
    return perf_counter() - start


# Batches --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_batch_has_its_links_wrapped_each_for_its_message_with_two_queries(django_assert_num_queries: Any) -> None:
    crowd = cast.crowd(12)
    mail = variant(
        "email",
        mjml=layout(
            '<mj-button href="https://shop.example/?a=1&amp;b=2">Go</mj-button>'
            '<mj-text><a href="{{ unsubscribe_url }}">stop</a> <a href="mailto:a@b.example">a</a></mj-text>'
        ),
        text="Go: https://shop.example/?a=1&b=2. Stop: {{ unsubscribe_url }}",
    )
    orders = [
        Order(number, mail, About(member.pk, "en"), f"http://testserver/u/{number}?a&b")
        for number, member in enumerate(crowd, start=1)
    ]

    with django_assert_num_queries(2):
        made = render_all(orders)

    link = Link.objects.get()
    assert link.url == "https://shop.example/?a=1&b=2"
    for number, one in enumerate(made, start=1):
        assert isinstance(one, Rendered)
        short = f"http://testserver/l/{links.token(link.pk, number)}"
        assert one.text == f"Go: {short}. Stop: http://testserver/u/{number}?a&b"
        assert f'<a href="{short}"' in one.html
        assert f'<a href="http://testserver/u/{number}?a&amp;b">stop</a>' in one.html
        assert '<a href="mailto:a@b.example">' in one.html
        assert "shop.example/?a" not in one.html


@pytest.mark.django_db
def test_one_message_that_cannot_be_filled_in_does_not_stop_the_others() -> None:
    ada, ben = cast.ada(), cast.ben()
    [grant] = granted(offer(), ada)
    words = variant("sms", text="{{ offer.price }} https://shop.example/")

    first, second = render_all([Order(1, words, About(ada.pk, "en", grant.pk)), Order(2, words, About(ben.pk, "en"))])

    assert isinstance(first, Rendered)
    assert first.text.startswith("€10.00 http://testserver/l/")
    assert str(second) == "Text, line 1: there is no offer.price for this member."


@pytest.mark.django_db
def test_scripts_for_people_keep_their_addresses() -> None:
    words = variant("desk", text="Look at https://shop.example/")

    [made] = render_all([Order(1, words, About(cast.ada().pk, "en"))])

    assert made == Rendered("", "Look at https://shop.example/")
    assert not Link.objects.exists()


@pytest.mark.django_db
def test_a_member_who_does_not_exist_is_an_error_and_not_a_message_to_somebody_else() -> None:
    ada = cast.ada()
    with pytest.raises(ValueError, match="argument"):
        facts_for([About(0, "en"), About(ada.pk, "en")])


# Languages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("languages", "wished", "found"),
    [
        (["de", "de-AT", "en"], "de-AT", "de-AT"),
        (["de", "en"], "de-AT", "de"),
        (["de-AT", "en"], "de", "en"),
        (["fr", "de"], "it", "de"),
        (["fr"], "en", "fr"),
        ([], "en", None),
    ],
)
def test_the_variant_is_the_nearest_to_the_member_s_language(
    languages: list[str], wished: str, found: str | None
) -> None:
    within = content()
    variant("email", within, language="en" if "en" not in languages else "pt")
    for language in languages:
        variant("sms", within, language=language)

    chosen = variant_for(within, "sms", wished)

    assert (chosen.language if chosen else None) == found


@pytest.mark.django_db
def test_variants_of_a_batch_come_with_one_query(django_assert_num_queries: Any) -> None:
    first, second = content("first"), content("second")
    keys = [
        (variant("sms", one, language=language).content_id, "sms", language)
        for one in (first, second)
        for language in ("en", "de")
    ]

    with django_assert_num_queries(1):
        found = variants([*keys, keys[0], (first.pk, "chat", "en")])
        assert {found[key].content.key for key in keys} == {"first", "second"}

    assert set(found) == set(keys)
