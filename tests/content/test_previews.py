"""Previews: what a real member would get, in every channel, before anything is sent."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings

from channels.addresses import unsubscribe_url
from content.models import Link, Variant
from content.previews import Preview, preview, previews
from content.rendering import About, Order, Rendered, render_all
from content.sms import SmsLength
from tests import cast
from tests.cast import NOW
from tests.content.promises import granted, offer
from tests.content.words import content, layout, variant


def text_of(shown: Preview) -> str:
    return shown.rendered.text if shown.rendered else shown.problem


@pytest.mark.django_db
def test_every_variant_is_shown_for_a_real_member_with_the_length_of_an_sms() -> None:
    ada, within = cast.ada(), content()
    variant("email", within, subject="Hi {{ member.first_name }}", mjml=layout("<mj-text>{{ member.name }}</mj-text>"))
    variant("sms", within, text="Hi {{ member.first_name }} https://shop.example/")
    variant("sms", within, language="de", text="Hallo {{ member.first_name }} ✓")
    variant("desk", within, text="Call {{ member.name }}.")

    shown = previews(within, ada, NOW)

    assert [(one.variant.channel, one.variant.language) for one in shown] == [
        ("desk", "en"),
        ("email", "en"),
        ("sms", "de"),
        ("sms", "en"),
    ]
    desk, mail, german, english = shown
    assert text_of(desk) == "Call Ada Berg."
    assert mail.rendered is not None
    assert mail.rendered.subject == "Hi Ada"
    assert "Ada Berg" in mail.rendered.html
    assert text_of(german) == "Hallo Ada ✓"
    assert german.length == SmsLength("UCS-2", 11, 1, "✓")
    assert text_of(english) == "Hi Ada https://shop.example/"
    assert english.length == SmsLength("GSM-7", len("Hi Ada ") + len(f"{settings.CHORALE_PUBLIC_URL}/l/") + 22, 1)
    assert not Link.objects.exists()  # nothing is sent, nothing is kept
    assert not any(one.is_sample for one in shown)


@pytest.mark.django_db
def test_the_length_of_an_sms_is_that_of_what_leaves() -> None:
    """Long links become short, and the address that stops messages has its real length."""
    ada = cast.ada()
    within = content()
    long = variant("sms", within, text="Look: https://shop.example/" + "tea/" * 60)
    stop = variant("sms", within, language="de", text="Tea! No more: {{ unsubscribe_url }}")
    [made] = render_all([Order(62**5 - 1, stop, About(ada.pk, "de"), unsubscribe_url(str(uuid4())))])
    assert isinstance(made, Rendered)

    shown, stopping = preview(long, ada, NOW).length, preview(stop, ada, NOW).length

    assert shown is not None
    assert (shown.segments, len(text_of(preview(long, ada, NOW))) > 160) == (1, True)
    assert stopping is not None
    assert stopping.characters == len(made.text)


@pytest.mark.django_db
def test_the_member_s_own_grant_is_shown_if_there_is_one_and_a_sample_if_not() -> None:
    ada, ben = cast.ada(), cast.ben()
    tea = offer("tea", name="Tea")
    [grant] = granted(tea, ada)
    words = variant("sms", text="{{ offer.name }} {{ offer.price }} {{ offer.code }} {{ offer.until }}")

    own, sample = preview(words, ada, NOW), preview(words, ben, NOW)

    assert text_of(own) == f"Tea €10.00 {grant.code[:5]}-{grant.code[5:]} March 24, 2026"
    assert (own.is_sample, sample.is_sample) == (False, True)
    assert text_of(sample) == "Tea €10.00 SAMPL-ECODE March 24, 2026"


@pytest.mark.django_db
def test_a_named_offer_is_shown_even_where_the_words_could_do_without() -> None:
    ada = cast.ada()
    granted(offer("tea", name="Tea"), ada)
    cake = offer("cake", name="Cake", slot="cake")
    words = variant("sms", text="Hi{% if offer %}: {{ offer.name }}{% endif %}")

    named = preview(words, ada, NOW, cake)
    without = preview(words, cast.ben(), NOW)

    assert (text_of(named), named.is_sample) == ("Hi: Cake", True)
    assert (text_of(without), without.is_sample) == ("Hi", False)


@pytest.mark.django_db
def test_words_that_cannot_be_sent_are_shown_as_the_sentence_why() -> None:
    ada, within = cast.ada(), content()
    Variant.objects.create(content=within, channel="sms", text="{{ x }}")
    variant("chat", within, text="{{ offer.price }}")

    chat, sms = previews(within, ada, NOW)

    assert (chat.rendered, chat.problem) == (None, "Text, line 1: there is no offer.price for this member.")
    assert sms.problem.startswith("Text, line 1: there is no variable x")
