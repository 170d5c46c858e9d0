"""What a rep fills in. Each form bears the key of its page, so that a request that repeats does nothing twice."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels import consents
from channels.consents import Said
from channels.contacts import times
from channels.counter import words
from channels.letters import CHANNELS, PURPOSES
from channels.vocabulary import FollowUpResult, Intent
from content.models import Grant
from members.models import Store
from members.vocabulary import Channel, Direction, Purpose

if TYPE_CHECKING:
    _GrantChoice = forms.ModelChoiceField[Grant]
else:
    _GrantChoice = forms.ModelChoiceField

NOTE = 500  # what the history keeps of it
_RESULTS = [(one.value, one.label) for one in FollowUpResult if one is not FollowUpResult.HANDED_OVER]
_NO_CHOICE = ("", "–")
_BY_CALL = _("Call")


class GrantField(_GrantChoice):
    """One of the member's live grants, or none."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            Grant.objects.none(), label=label, to_field_name="public_id", required=False, empty_label=_("No offer")
        )

    def label_from_instance(self, obj: Grant) -> str:
        """Return the offer with its price."""
        return words.priced(obj.offer.name, obj.price, obj.currency)


class Keyed(forms.Form):
    """A form with the key of its page."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class Timed(Keyed):
    """A form with a day and a time, which are those of a zone's calendar."""

    day = forms.DateField(label=_("day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(label=_("time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))

    def at(self, zone: str, now: datetime) -> datetime | None:
        """Return the instant that was given, None where day and time are empty. Adds what is wrong to the form."""
        day, time = self.cleaned_data.get("day"), self.cleaned_data.get("time")
        if not day and not time:
            return None
        if not day or not time:
            self.add_error("time" if day else "day", _now("Give both the day and the time."))
            return None
        if not times.is_near(day, now):
            self.add_error("day", _now("Agree on a day within a year."))
            return None
        return times.instant(day, time, zone)


class ContactForm(Timed):
    """What came of a contact on a follow-up; `number` is how many the rep saw noted before."""

    result = forms.ChoiceField(label=_("result"), choices=[_NO_CHOICE, *_RESULTS])
    intent = forms.ChoiceField(label=_("intent"), choices=[_NO_CHOICE, *Intent.choices], required=False)
    note = forms.CharField(
        label=_("note"), required=False, max_length=NOTE, widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE})
    )
    number = forms.IntegerField(min_value=0, max_value=30_000, widget=forms.HiddenInput)


class HandOverForm(Timed):
    """To which store, when by its clock, about which offer, and what the clerk should know."""

    store = forms.ModelChoiceField(Store.objects.all(), label=_("store"), to_field_name="code")
    grant = GrantField(_("offer"))
    note = forms.CharField(
        label=_("note for the store"),
        required=False,
        max_length=NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE}),
    )
    number = forms.IntegerField(min_value=0, max_value=30_000, required=False, widget=forms.HiddenInput)

    def __init__(self, grants: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, grants)


class CallForm(Keyed):
    """A call that no follow-up asked for."""

    direction = forms.ChoiceField(
        label=_("who rang"), choices=[(Direction.IN, _("The member rang")), (Direction.OUT, _("We rang"))]
    )
    result = forms.ChoiceField(label=_("result"), choices=[_NO_CHOICE, *_RESULTS])
    grant = GrantField(_("about"))
    text = forms.CharField(
        label=_("note"), required=False, max_length=NOTE, widget=forms.Textarea(attrs={"rows": 4, "maxlength": NOTE})
    )

    def __init__(self, grants: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, grants)


class NoteForm(Keyed):
    """Something that the next one should know."""

    text = forms.CharField(
        label=_("note"), max_length=NOTE, widget=forms.Textarea(attrs={"rows": 4, "maxlength": NOTE})
    )


class ConsentForm(Keyed):
    """What the member said about offers by one channel."""

    channel = forms.ChoiceField(
        label=_("channel"),
        choices=[
            _NO_CHOICE,
            *((one.value, _BY_CALL if one is Channel.DESK else one.label) for one in consents.CHANNELS),
        ],
    )
    granted = forms.ChoiceField(
        label=_("the member"), choices=[_NO_CHOICE, ("yes", _("agrees to offers")), ("no", _("wants no offers"))]
    )

    @property
    def said(self) -> Said:
        """The answer of a valid form."""
        return Said(Channel(self.cleaned_data["channel"]), self.cleaned_data["granted"] == "yes")


class LetterForm(Keyed):
    """A message in a rep's own words."""

    channel = forms.ChoiceField(label=_("channel"), choices=[(one.value, one.label) for one in CHANNELS])
    purpose = forms.ChoiceField(label=_("purpose"), choices=[(one.value, one.label) for one in PURPOSES])
    subject = forms.CharField(label=_("subject, for e-mail"), required=False, max_length=200)
    text = forms.CharField(label=_("message"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}))

    def clean(self) -> dict[str, Any]:
        """Ask an e-mail for a subject."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("channel") == Channel.EMAIL and not cleaned.get("subject"):
            self.add_error("subject", _now("An e-mail needs a subject."))
        return cleaned

    @property
    def chosen(self) -> tuple[Channel, Purpose]:
        """The channel and the purpose of a valid form."""
        return Channel(self.cleaned_data["channel"]), Purpose(self.cleaned_data["purpose"])


class HistoryForm(forms.Form):
    """Which contacts of a member to show."""

    channel = forms.ChoiceField(label=_("channel"), required=False, choices=[("", _("All channels")), *Channel.choices])
    offer = forms.TypedChoiceField(label=_("offer"), required=False, coerce=int, empty_value=None)
    journey = forms.TypedChoiceField(label=_("journey"), required=False, coerce=int, empty_value=None)
    since = forms.DateField(label=_("from"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("to"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


def _offer(form: forms.Form, grants: Any) -> None:
    cast("forms.ModelChoiceField[Grant]", form.fields["grant"]).queryset = grants
