"""Segments: a rule that is counted while it is typed, who it holds for, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from members import audit_log, clock, exporting, segments
from members.admin.base import HouseAdmin, object_action
from members.admin.counting import live
from members.admin.deleting import Deletion
from members.admin.forms import ModelForm
from members.admin.rule_field import RuleField
from members.models import Member, Segment
from members.rules import BadRule, kinds, parse
from members.vocabulary import Deed

EXAMPLE = {"all": [{"purchases": {"measure": "count", "op": "gte", "value": 3, "within_days": 365}}]}


class SegmentForm(ModelForm[Segment]):
    """A segment whose rule can be asked."""

    rule = RuleField(label=_("Rule"))

    class Meta:
        model = Segment
        fields = ("name", "key", "description", "rule", "active")
        widgets: ClassVar[Any] = {"description": UnfoldAdminTextareaWidget({"rows": 2})}

    def clean(self) -> dict[str, Any] | None:
        """Refuse what other segments or this one's own rule stand against."""
        given = super().clean() or {}
        if not self.errors:
            try:
                segments.check(Segment(pk=self.instance.pk, **given))
            except BadRule as error:
                field = error.place.partition(".")[0]
                self.add_error(field if field in self.fields else "rule", str(error))
        return given


@admin.register(Segment)
class SegmentAdmin(HouseAdmin[Segment]):
    """Rules over facts, kept up to date."""

    form = SegmentForm
    list_display = ("name", "key", "size", "active", "refreshed_at")
    list_filter = (("active", BooleanRadioFilter),)
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    change_form_outer_after_template = "members/admin/segment_after.html"
    actions_detail = ("why", "refresh", "export")

    class Media:
        js = ("members/rule.js",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Segment | None = None) -> dict[str, Any]:
        """The key follows the name until it is stored: rules and journeys refer to it."""
        return {} if obj or not self.has_add_permission(request) else {"key": ("name",)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with a rule that can be changed."""
        return {"rule": EXAMPLE}

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the live count."""
        counting = self.admin_site.admin_view(self.count_view)
        return [path("count/", counting, name="members_segment_count"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add what the page shows below the form."""
        segment = self.get_object(request, object_id) if object_id else None
        shown = {"leaves": _leaves(), "segment": segment, "words": _words(segment)}
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        """Store it by the one way in, which also sets what it listens to; a new or changed rule is asked at once."""
        segments.save(obj)
        if obj.active and (not change or {"rule", "active"} & set(form.changed_data)):
            segments.refresh(obj, clock.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """Add what other segments and journeys have against it."""
        listed = list(objs)
        goes, counts, lacking, in_the_way = super().get_deleted_objects(listed, request)
        return goes, counts, lacking, [*in_the_way, *(why for one in listed if (why := _needed(one)))]

    def delete_model(self, request: HttpRequest, obj: Segment) -> None:
        """Let nothing listen for it any more, and delete it."""
        segments.deactivate(obj)
        super().delete_model(request, obj)

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Answer how many members a rule holds for: JSON as `counting.Live` has it."""
        if request.method != "POST" or not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return JsonResponse(asdict(live(request.POST.get("rule", ""), clock.now())))

    def has_refresh_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whoever may change a segment may refresh it."""
        return self.may(request, "change")

    @object_action(_("Refresh"), permission="refresh", icon="refresh")
    def refresh(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the rule for everybody now. A GET shows the button that does it."""
        segment = self.allowed(request, object_id, "change")
        if request.method != "POST":
            return self.page(request, "members/admin/refresh.html", _now("Refresh"), {"original": segment})
        diff = segments.refresh(segment, clock.now())
        told = {"size": f"{segment.size:,}", "joined": f"{diff.joined:,}", "left": f"{diff.left:,}"}
        return self.back(request, _now("%(size)s members: %(joined)s joined, %(left)s left.") % told, segment)

    @object_action(_("Export"), permission="members.export_member", icon="download")
    def export(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send the members as a file, and note how many. A GET asks first."""
        segment = self.allowed(request, object_id, "members.export_member")
        if request.method != "POST":
            context = {"original": segment, "columns": exporting.COLUMNS}
            return self.page(request, "members/admin/export.html", _now("Export"), context)
        audit_log.note(request, Deed.EXPORTED, segment, f"{segment.memberships.count()} members")
        sent = StreamingHttpResponse(exporting.lines(segment), content_type="text/csv; charset=utf-8")
        sent.headers["Content-Disposition"] = f'attachment; filename="{segment.key}.csv"'
        return sent

    @object_action(_("Why is somebody in it?"), permission="view", icon="help")
    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain the rule for one member, leaf by leaf."""
        segment = self.allowed(request, object_id, "view")
        code = request.GET.get("member", "").replace("\0", "").strip()
        member = Member.objects.filter(external_id=code).first() if code else None
        context: dict[str, Any] = {"original": segment, "code": code, "member": member, "words": _words(segment)}
        if member:
            context["answer"] = segments.why(segment, member, clock.now())
            context["membership"] = segment.memberships.filter(member=member).first()
        return self.page(request, "members/admin/why.html", _now("Why is somebody in it?"), context)


def _words(segment: Segment | None) -> str:
    """Return the rule in plain words."""
    return _now("Members for whom %(rule)s.") % {"rule": parse(segment.rule).describe()} if segment else ""


def _leaves() -> list[dict[str, Any]]:
    """Return what rules can ask; templates would make an object of a class."""
    return [{"kind": leaf.kind, "label": leaf.label, "settings": ", ".join(leaf.settings)} for leaf in kinds().values()]


def _needed(segment: Segment) -> str:
    """Return the sentence why a segment cannot go, or nothing."""
    try:
        segments.check(Segment(pk=segment.pk, key=segment.key, name=segment.name, rule=segment.rule, active=False))
    except BadRule as error:
        return str(error)
    return segments.needed(segment)
