"""Receipts: what carriers told, word for word."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from channels.models import Receipt, Sender
from members.admin.base import ReadOnlyAdmin, column


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin[Receipt]):
    """Kept as they came; found by the message that they are about, or by their own key."""

    when_empty = _(
        "Carriers tell what became of messages, once a sender has sent some and knows the address of its webhook."
    )
    list_display = ("happened_at", "sender", "kind", "about", "key")
    list_display_links = ("happened_at",)
    list_select_related = ("sender", "message__content", "message__member")
    list_filter = (("sender", RelatedDropdownFilter),)
    search_fields = ("key",)  # only says that there is a search
    search_help_text = _("The message's id or the receipt's key, whole")
    fields = ("sender", "message", "kind", "key", "happened_at", "recorded_at", "words")
    readonly_fields = ("words",)

    @column(_("message"))
    def about(self, receipt: Receipt) -> str:
        """What was sent to whom."""
        return f"{receipt.message.content}: {receipt.message.member}" if receipt.message else "–"

    @column(_("payload"))
    def words(self, receipt: Receipt) -> SafeString:
        """What the carrier said, word for word."""
        written = json.dumps(receipt.payload, indent=2, ensure_ascii=False)
        return format_html('<pre class="ch-mono ch-preview">{}</pre>', written)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Receipt], search_term: str
    ) -> tuple[QuerySet[Receipt], bool]:
        """Find by an index."""
        typed = search_term.strip()
        if not typed:
            return queryset, False
        senders: list[Any] = list(Sender.objects.values_list("pk", flat=True))  # the index on keys begins with them
        found = Q(sender_id__in=senders, key=typed)
        named = message_id(typed)
        return queryset.filter(found | Q(message__public_id=named) if named else found), False


def message_id(typed: str) -> UUID | None:
    """Return the public id of a message as somebody typed it, None where it is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None
