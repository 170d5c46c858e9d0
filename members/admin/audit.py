"""The audit log: read, filtered and searched; nobody writes here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Importing it registers django-auditlog's own page first, which gives way to ours.
from auditlog import admin as auditlog_admin  # noqa: F401
from auditlog.registry import auditlog
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from members.admin.base import ReadOnlyAdmin, column
from members.admin.filters import TimeFilter
from members.models import AuditEntry, Member
from members.vocabulary import Deed

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter

COLOURS: dict[str, str] = {
    Deed.DELETED: "danger",
    Deed.STOPPED: "danger",
    Deed.FAILED_SIGN_IN: "warning",
    Deed.LOCKED_OUT: "danger",
    Deed.EXPORTED: "warning",
    Deed.PUBLISHED: "success",
}
admin.site.unregister(AuditEntry)


class KindFilter(DropdownFilter):
    """Entries about one kind of object; those that are watched, and members."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every kind by the id of its content type."""
        models = [*auditlog.get_models(), Member]
        kinds = ContentType.objects.get_for_models(*models)
        named = [(kind.pk, capfirst(str(model._meta.verbose_name))) for model, kind in kinds.items()]  # noqa: SLF001
        return sorted(named, key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Only those of the kind."""
        chosen = self.value()
        known = chosen and chosen.isdecimal() and len(chosen) < 10
        return queryset.filter(content_type_id=int(chosen)) if known and chosen else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """Who did what, newest first."""

    when_empty = _("What people change, publish, export, look up or redeem is noted here by itself.")
    list_display = ("timestamp", "who", "what", "about", "through", "remote_addr", "told")
    list_select_related = ("content_type", "actor")
    list_filter = (
        ("deed", ChoicesDropdownFilter),
        ("through", ChoicesDropdownFilter),
        KindFilter,
        ("timestamp", TimeFilter),
    )
    search_fields = ("actor_name",)  # only says that there is a search
    search_help_text = _("User name, name of an object or code of a member, in full")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Find by the indexes of who and about what."""
        typed = search_term.strip()
        whose = Member.objects.filter(external_id=typed).values_list("pk", flat=True).first() if typed else None
        of_member = Q(member_id=whose) if whose else Q()
        found = Q(actor_name=typed) | Q(object_repr=typed) | of_member
        return (queryset.filter(found) if typed else queryset), False

    @column(_("deed"), labels=COLOURS)
    def what(self, entry: AuditEntry) -> tuple[str, str]:
        """The deed in its colour."""
        return entry.deed, entry.get_deed_display()

    @column(_("detail"))
    def told(self, entry: AuditEntry) -> str:
        """What was said of it, or which fields changed."""
        return entry.told

    @column(_("who"))
    def who(self, entry: AuditEntry) -> str:
        """The user's name at the time, and the token that spoke for them."""
        return (f"{entry.actor_name} ({entry.token_name})" if entry.token_name else entry.actor_name) or "–"

    @column(_("about"))
    def about(self, entry: AuditEntry) -> SafeString | str:
        """The object by its name at the time, which leads to its page while it has one."""
        return link(entry)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show everything about one entry."""
        entry = self.allowed(request, object_id, "view")
        context = {"original": entry, "entry": entry, "about": link(entry), "changes": changes(entry)}
        return self.page(request, "members/admin/audit_entry.html", _now("Audit log entry"), context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An entry has no history: it never changes."""
        return self.change_view(request, object_id)


def link(entry: AuditEntry) -> SafeString | str:
    """Return the kind and the name of what an entry is about, as a link to its page where there is one."""
    model = entry.content_type.model_class() if entry.content_type else None
    if model is None:
        return entry.object_repr or "–"
    kind = capfirst(str(model._meta.verbose_name))  # noqa: SLF001
    try:
        address = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[entry.object_pk])  # noqa: SLF001
    except NoReverseMatch:
        return f"{kind}: {entry.object_repr}"
    return format_html('<a href="{}" class="ch-link">{}: {}</a>', address, kind, entry.object_repr)


def changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Return what an entry says of each field: its name, and the value before and after."""
    model = entry.content_type.model_class() if entry.content_type else None
    return [_change(model, name, told) for name, told in sorted((entry.changes or {}).items())]


def _change(model: Any, name: str, told: Any) -> tuple[str, str, str]:
    field = next((one for one in model._meta.get_fields() if one.name == name), None) if model else None  # noqa: SLF001
    label = capfirst(str(getattr(field, "verbose_name", name)))
    if isinstance(told, dict):  # of a many-to-many relation
        listed = ", ".join(told["objects"])
        return (label, "", listed) if told["operation"] == "add" else (label, listed, "")
    before, after = ("" if value == "None" else str(value) for value in told)
    return label, before, after
