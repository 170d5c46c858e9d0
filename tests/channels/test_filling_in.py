"""A message that cannot be filled in is cancelled with the sentence; nobody else waits for it."""

import pytest

from channels import composing, delivery
from channels.models import Message, MessageCount
from content.rendering import BadTemplate, Order, Rendered, render_all
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import Script, message, sender, states

pytestmark = pytest.mark.django_db


def test_a_template_that_fails_cancels_its_message_with_the_sentence(script: Script) -> None:
    carrier = sender()
    broken = outbox.content("broken")
    broken.variants.update(text="{{ member.nonsense }}")
    bad, good = message(cast.ada(), broken), message(cast.ben(), outbox.content())
    done = delivery.deliver(carrier, NOW)
    assert (done.cancelled, done.sent) == (1, 1)
    assert states(bad, good) == [("cancelled", "not_rendered"), ("sent", "")]
    assert "member.nonsense" in Message.objects.get(pk=bad.pk).words
    assert MessageCount.objects.get(state="cancelled").count == 1


def test_a_variant_that_is_gone_cancels_its_messages(script: Script) -> None:
    carrier = sender()
    what = outbox.content()
    gone = message(cast.ada(), what)
    what.variants.filter(channel="email").delete()
    delivery.deliver(carrier, NOW)
    assert states(gone) == [("cancelled", "not_rendered")]
    assert Message.objects.get(pk=gone.pk).words == "The content's variant is not there any more."


def test_one_message_that_breaks_the_renderer_itself_holds_up_nobody(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = sender()
    poison, good = message(cast.ada()), message(cast.ben())

    def breaking(orders: list[Order]) -> list[Rendered | BadTemplate]:
        if any(order.message_id == poison.pk for order in orders):
            raise RecursionError("too deep")
        return render_all(orders)

    monkeypatch.setattr(composing, "render_all", breaking)
    delivery.deliver(carrier, NOW)
    assert states(poison, good) == [("cancelled", "not_rendered"), ("sent", "")]
    assert "RecursionError: too deep" in Message.objects.get(pk=poison.pk).words
