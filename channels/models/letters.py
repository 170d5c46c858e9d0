"""Letters: what reps wrote."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models.messages import Message


class Letter(models.Model):
    """The words of a rep to one member, kept word for word beside the message that carries them."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="letter")
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
