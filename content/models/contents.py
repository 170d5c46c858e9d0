"""Contents and their variants: what is said."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from content.compiled import check
from content.templates import BadTemplate
from members.vocabulary import Channel, Purpose


class Content(models.Model):
    """One message, said the same way in every channel; a variant per channel and language holds the words."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices, default=Purpose.PROMOTIONAL)

    class Meta:
        verbose_name = _("content")
        verbose_name_plural = _("contents")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """A content's words for one channel and language, in Liquid.

    E-mail uses `subject`, `mjml` and `text`; SMS and chat use `text`; desk and counter keep the script in `text`.
    """

    content = models.ForeignKey(
        Content, models.CASCADE, related_name="variants", verbose_name=_("content"), db_index=False
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    language = models.CharField(
        _("language"), max_length=16, default="en", validators=[RegexValidator(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    mjml = models.TextField("MJML", blank=True)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [models.UniqueConstraint(fields=["content", "channel", "language"], name="variant_once")]

    def __str__(self) -> str:
        return f"{self.content} ({self.channel}, {self.language})"

    def clean(self) -> None:
        """Refuse words that cannot be sent: unknown variables, broken Liquid or MJML, parts the channel lacks."""
        try:
            check(self)
        except BadTemplate as error:
            raise ValidationError({error.field: str(error)}) from error


class Link(models.Model):
    """An address that messages point to; messages carry a short redirect to it."""

    url = models.URLField(max_length=2000, unique=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self) -> str:
        return self.url
