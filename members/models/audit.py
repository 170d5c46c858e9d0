"""The audit log's table: who did what, when, where from. Rows are appended; the database refuses anything else."""

from typing import Any

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from members import clock, visits
from members.vocabulary import Deed, Through

_BY_ACTION = {
    AbstractLogEntry.Action.CREATE: Deed.ADDED,
    AbstractLogEntry.Action.UPDATE: Deed.CHANGED,
    AbstractLogEntry.Action.DELETE: Deed.DELETED,
}


class AuditEntry(AbstractLogEntry):  # type: ignore[misc]
    """One deed. django-auditlog writes changes of watched models, `members.audit_log.note` everything else.

    People and objects are kept by number and by their name at the time: a row must never be updated because somebody
    or something was deleted, so no constraint and no cascade reaches it.
    """

    id = models.BigAutoField(primary_key=True)
    timestamp = models.DateTimeField(_("when"), default=clock.now, db_index=True)
    deed = models.CharField(_("deed"), max_length=24, choices=Deed.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("who"),
    )
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    # Of the API, by which somebody's program did it.
    token_name = models.CharField(_("by token"), max_length=100, blank=True, default="", db_default="")
    through = models.CharField(_("through"), max_length=8, choices=Through.choices)
    remote_addr = models.GenericIPAddressField(_("from"), null=True, blank=True)
    content_type = models.ForeignKey(
        ContentType,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("kind"),
    )
    object_pk = models.CharField(max_length=255, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    object_repr = models.CharField(_("about"), max_length=200, blank=True)
    member_id = models.BigIntegerField(_("member"), null=True, blank=True)  # whose data it was about
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    action = models.PositiveSmallIntegerField(choices=AbstractLogEntry.Action.choices)
    cid = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - the library writes a NULL

    objects = LogEntryManager()

    class Meta:
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log")
        default_permissions = ("view",)
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["content_type", "object_pk", "-id"], name="audit_object"),
            models.Index(fields=["member_id", "-id"], name="audit_member", condition=models.Q(member_id__isnull=False)),
            models.Index(fields=["actor_name", "-id"], name="audit_who"),
            models.Index(fields=["deed", "-id"], name="audit_deed"),
            models.Index(fields=["object_repr", "-id"], name="audit_about"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.actor_name, str(self.get_deed_display()).lower(), self.object_repr]))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append a new row, as of the present visit. One that stands never changes."""
        if not self._state.adding:
            raise TypeError(_("What the audit log says stays as it is; nothing in it is changed or deleted."))
        self.sign()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse, before the database does."""
        raise TypeError(_("What the audit log says stays as it is; nothing in it is changed or deleted."))

    @property
    def told(self) -> str:
        """Return what was said of the deed, else the names of the fields that changed."""
        changed = sorted(self.changes or {}) if self.deed == Deed.CHANGED else []
        return self.detail or ", ".join(changed)

    def sign(self) -> None:
        """Fill in who did it, through which door and from where, as far as the present visit says it."""
        self.actor = self.actor or visits.visitor()
        self.actor_name = self.actor.get_username() if self.actor else ""
        self.actor_email = None  # the name says who it was
        self.token_name = self.token_name or visits.token()
        self.through, self.remote_addr = visits.through(), visits.address()
        self.deed = self.deed or _BY_ACTION[self.action]
        self.object_repr = self.object_repr[:200]
