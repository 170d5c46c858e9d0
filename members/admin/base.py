"""What the screens of the admin have in common: who may open them, and that big tables are never counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.decorators import action

from members import audit_log
from members.admin.deleting import Deletion, deletion
from members.pages import older_than
from members.vocabulary import Deed

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as _Admin
    from django.core.paginator import Paginator as _Pages
    from django_stubs_ext import StrOrPromise
else:
    from django.core.paginator import Paginator
    from unfold.admin import ModelAdmin
    from unfold.checks import UnfoldModelAdminChecks

    class _Checks(UnfoldModelAdminChecks):
        def _check_unfold_action_permission_methods(self, obj):
            """Leave out the one that asks the database: `manage.py check` runs without servers."""
            return []

    class _Admin(ModelAdmin):
        """Unfold's class, which knows nothing of types; nor does the next one."""

        checks_class = _Checks

        def __class_getitem__(cls, _model):
            return cls

    class _Pages(Paginator):
        def __class_getitem__(cls, _model):
            return cls


M = TypeVar("M", bound=Model)
F = TypeVar("F", bound=Callable[..., Any])
MOST_PAGES = 200


class InfinitePaginator(_Pages[Any]):  # Unfold's templates leave the number of results out by this name
    """Pages with “previous” and “next” that ask for no count.

    They end after so many: a page is reached by reading all before it, and whoever looks that far should filter.
    """

    template_name = "unfold/helpers/pagination_infinite.html"

    @cached_property
    def count(self) -> int:
        """As many rows as can be reached; how many there are is not asked."""
        return MOST_PAGES * int(self.per_page)


class HouseAdmin(_Admin[M]):
    """A screen over a table of moderate size, which may be counted; facets, a COUNT(*) each, are off all the same."""

    # What fills the list where there is nothing in it yet: a sentence that says what to do.
    when_empty: ClassVar[StrOrPromise] = ""

    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    actions = None  # nothing is deleted by the dozen

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Begin anew where the address holds a NUL: no text has one, and the database refuses to look for it."""
        if any("\0" in value for _name, values in request.GET.lists() for value in values):
            return HttpResponseRedirect(f"{request.path}?e=1")
        return super().changelist_view(request, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """Return the object of a page; an address with what no text can hold leads to none."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """Say what would go with it and what is in the way, without reading it all as Django does."""
        return deletion(objs)

    def allowed(self, request: HttpRequest, object_id: str, permission: str) -> M:
        """Return the object of a page of this admin. Raises Http404, and PermissionDenied without the permission.

        `permission` is view, change, add or delete of this model, or a full name such as content.add_redemption.
        """
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        if not self.may(request, permission):
            raise PermissionDenied
        return found

    def may(self, request: HttpRequest, permission: str) -> bool:
        """Say whether somebody may: by a verb for this model, or by the full name of a permission."""
        opts = self.opts
        name = permission if "." in permission else f"{opts.app_label}.{permission}_{opts.model_name}"
        return request.user.has_perm(name)

    def page(
        self, request: HttpRequest, template: str, title: StrOrPromise, context: Mapping[str, Any], status: int = 200
    ) -> TemplateResponse:
        """Return a page of the admin with these contents. `context["original"]` is the object it is about, if any."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> Any:
        """Note it in the audit log, which takes the place of Django's; watched models are there already."""
        self._note(request, Deed.ADDED, [obj])

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> Any:
        """Note it in the audit log."""
        self._note(request, Deed.CHANGED, [obj])

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Note it in the audit log, before it is done."""
        self._note(request, Deed.DELETED, list(queryset))

    def _note(self, request: HttpRequest, deed: Deed, objects: list[M]) -> None:
        if not audit_log.watches(self.model):
            audit_log.note(request, deed, objects)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show what the audit log says about an object to those who may see it.

        Who looked it up is for those who may read the whole log.
        """
        found = self.allowed(request, unquote(object_id), "view")
        deeds = audit_log.of(found).select_related("actor", "content_type")
        if not request.user.has_perm("members.view_auditentry"):
            deeds = deeds.exclude(deed=Deed.LOOKED_UP)
        context = {"original": found, "page": older_than(deeds, request.GET.get("before", "")), "parameter": "before"}
        return self.page(request, "members/admin/history.html", _("History: %(name)s") % {"name": found}, context)

    def back(self, request: HttpRequest, sentence: StrOrPromise, found: M | None = None) -> HttpResponse:
        """Tell what was done and go to the object's page, or to the list."""
        messages.success(request, str(sentence))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return HttpResponseRedirect(
            reverse(f"{name}_change", args=[found.pk]) if found else reverse(f"{name}_changelist")
        )


class BigTableAdmin(HouseAdmin[M]):
    """A screen over a table that grows without end: no counts, newest first along the primary key, no other order."""

    paginator = InfinitePaginator
    show_full_result_count = False
    ordering = ("-pk",)
    sortable_by = ()


class ReadOnlyAdmin(BigTableAdmin[M]):
    """A screen that only shows: facts, decisions and traces are appended elsewhere and never changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody changes here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody deletes here."""
        return False


def object_action(description: StrOrPromise, *, permission: str, icon: str = "") -> Callable[[F], F]:
    """Make a method `(request, object_id) -> HttpResponse` an action at the top of an object's page.

    Name it in `actions_detail`. It is shown to and opened for those with the permission, given as a verb that the admin
    has a `has_<verb>_permission` for, or by its full name. A GET must change nothing: answer it with a page that asks.
    """

    def decorated(method: F) -> F:
        made: F = action(description=description, permissions=[permission], icon=icon or None)(method)
        return made

    return decorated


def column(
    description: StrOrPromise, *, labels: Mapping[str, str] | bool | None = None, boolean: bool = False
) -> Callable[[F], F]:
    """Make a method a column of a list or a field of a page.

    With `labels`, the method returns (value, text), shown as a label; they map values to a colour: danger,
    warning, success or info.
    """

    def decorated(method: F) -> F:
        method.short_description = description  # type: ignore[attr-defined]
        if labels is not None:
            # Unfold shows a value without a colour by its key otherwise.
            method.label = defaultdict(str, labels) if isinstance(labels, Mapping) else labels  # type: ignore[attr-defined]
        if boolean:
            method.boolean = True  # type: ignore[attr-defined]
        return method

    return decorated
