"""The desk: teams, and the follow-ups that people work."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models.messages import Message
from channels.vocabulary import FollowUpResult, Intent
from members.models import Member, Store


class Team(models.Model):
    """People who work follow-ups, and how many a day they can take on."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True, verbose_name=_("store"))
    daily_capacity = models.PositiveIntegerField(_("follow-ups a day"), default=50)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="teams", verbose_name=_("people"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FollowUp(models.Model):
    """A message to people: call this member about this offer, with this script, today.

    Several contacts may be needed: while a next one is agreed it stays open, `promised`, and due at that time.
    `result`, `intent` and `note` are those of the last contact; `contacts` counts them, so that two cannot be noted at
    once.
    """

    class State(models.TextChoices):
        """What became of a follow-up."""

        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        CLOSED = "closed", _("Closed")  # the offer was taken elsewhere, or the member left the journey

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.OneToOneField(Message, models.CASCADE, related_name="follow_up")
    member = models.ForeignKey(Member, models.CASCADE, related_name="follow_ups")
    team = models.ForeignKey(Team, models.PROTECT, related_name="follow_ups", db_index=False)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=16, choices=FollowUpResult.choices, blank=True)
    intent = models.CharField(_("intent"), max_length=8, choices=Intent.choices, blank=True, db_default="")
    note = models.TextField(_("note"), blank=True)
    contacts = models.PositiveSmallIntegerField(_("contacts"), db_default=0)
    contacted_at = models.DateTimeField(_("last contact at"), null=True, blank=True)
    promised = models.BooleanField(_("promised"), db_default=False, help_text=_("The next contact was agreed."))
    given_on = models.DateField(_("given on"))  # the day whose capacity it uses, in the team's zone
    due_at = models.DateTimeField(_("due at"))
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        # Who may come in at the two doors of the desk.
        permissions = [("open_contacts", _("Can work at the contacts")), ("open_counter", _("Can work at the counter"))]
        indexes = [
            models.Index(fields=["team", "given_on"], name="follow_up_day"),
            models.Index(fields=["team", "due_at"], name="follow_up_open", condition=models.Q(state="open")),
            models.Index(fields=["assignee", "due_at"], name="follow_up_mine", condition=models.Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.member}"
