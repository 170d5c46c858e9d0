"""The form of a journey: its draft as text, checked as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from journeys import definitions, drafts
from journeys.definitions import BadDefinition
from journeys.models import Journey

EXAMPLE = """\
key: my-journey
name: My journey
kind: opportunity
entry:
  segment:
    key: a-segment
steps:
- key: hello
  kind: send
  content: a-content
  channels:
  - preferred
  - email
"""


if TYPE_CHECKING:
    _Form = forms.ModelForm[Journey]
else:
    _Form = forms.ModelForm  # Django's own class knows nothing of types


class JourneyForm(_Form):
    """Everything about a journey stands in its text; docs/journeys.md explains it."""

    text = forms.CharField(
        label=_("Draft"),
        help_text=_("The journey as text. Saving keeps it as the draft; publishing lets members in."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 32, "spellcheck": "false", "style": "font-family: monospace"}),
        strip=False,
    )

    class Meta:
        model = Journey
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        draft = self.instance.draft
        self.fields["text"].initial = definitions.written(draft) if draft else EXAMPLE

    def clean_text(self) -> str:
        """Check the definition as a whole; what is wrong is one sentence that names the place."""
        text = self.cleaned_data["text"]
        try:
            found = definitions.check(definitions.read(text)).definition
        except BadDefinition as error:
            raise forms.ValidationError(str(error)) from error
        if self.instance.pk and found["key"] != self.instance.key:
            sentence = _("key: this journey is called %(key)s; keep its key, or add another journey.")
            raise forms.ValidationError(sentence % {"key": self.instance.key})
        if not self.instance.pk and Journey.objects.filter(key=found["key"]).exists():
            sentence = _("key: there is a journey %(key)s already; choose another key.")
            raise forms.ValidationError(sentence % {"key": found["key"]})
        return str(text)

    def save(self, commit: bool = True) -> Journey:
        """Keep the text as the journey's draft."""
        journey, _new = drafts.save(definitions.read(self.cleaned_data["text"]))
        self.instance = journey
        return journey

    def save_m2m(self) -> None:
        """There is nothing beside the draft."""
