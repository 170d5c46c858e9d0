"""Addresses of members in the one form in which they are stored, compared and written to."""

import re
from contextlib import suppress

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from members.models.people import REACHABLE
from members.vocabulary import Channel

LONGEST = 254
# What people call an address of a channel, in files and in the API.
FIELDS = {Channel.EMAIL.value: "email", Channel.SMS.value: "phone", Channel.CHAT.value: "chat"}
_CHAT = re.compile(r"[!-~]+")
_email = EmailValidator()
# Django's are compiled at their first use and looked up at each: that took three quarters of the time of an address.
_email.user_regex, _email.domain_regex = (
    re.compile(lazy.pattern, lazy.flags) for lazy in (EmailValidator.user_regex, EmailValidator.domain_regex)
)


class BadAddress(ValueError):
    """An address cannot be one of its channel; the message is a sentence that says what would be right."""


def normalise(channel: str, address: str, region: str | None = None) -> str:
    """Return the address in its stored form: E.164 for SMS, lower-case e-mail, a chat id as it is.

    `region` (ISO 3166, such as DE) is the country of phone numbers written without one. Raises BadAddress.
    """
    text = address.strip()
    if channel == Channel.SMS:
        return _phone(text, region)
    if channel == Channel.EMAIL:
        return _mail(text)
    if channel == Channel.CHAT:
        return _chat(text)
    kinds = ", ".join(value for value, _label in REACHABLE)
    raise BadAddress(
        _("“%(channel)s” has no addresses; write one of %(kinds)s.") % {"channel": channel, "kinds": kinds}
    )


def _phone(text: str, region: str | None) -> str:
    try:
        number = _with_country(text, phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException as error:
        raise BadAddress(_not_a_phone(text)) from error
    # Possible is enough: the tables of assigned ranges age, and do not know the numbers reserved for fiction.
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or number.extension:
        raise BadAddress(_not_a_phone(text))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _with_country(text: str, number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """Return what is meant by a number that begins with the own country's code without a plus, as phones show it.

    In countries of long numbers it could be one without the code; so it is taken for one with the code only where that
    makes it a mobile number.
    """
    if "+" in text or number.extension:
        return number
    typed, mobile = phonenumbers.normalize_digits_only(text), phonenumbers.PhoneNumberType.MOBILE
    if typed.startswith(str(number.country_code)) and phonenumbers.number_type(number) != mobile:
        with suppress(phonenumbers.NumberParseException):
            with_code = phonenumbers.parse(f"+{typed}", None)
            return with_code if phonenumbers.number_type(with_code) == mobile else number
    return number


def _not_a_phone(text: str) -> str:
    return _("“%(text)s” is not a phone number; write it with country code, such as +442079460123.") % {
        "text": _shown(text)
    }


def _mail(text: str) -> str:
    local, _at, domain = text.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode() if not domain.isascii() else domain}".lower()
        _email(address)
        address.encode("ascii")  # a local part beyond ASCII needs SMTPUTF8, which few carriers take
    except (ValidationError, UnicodeError) as error:
        raise BadAddress(_not_a_mail(text)) from error
    # A quoted local part may hold control characters, which no carrier takes.
    if len(address) > LONGEST or not address.isprintable():
        raise BadAddress(_not_a_mail(text))
    return address


def _not_a_mail(text: str) -> str:
    return _("“%(text)s” is not an e-mail address; write one such as ada@example.com.") % {"text": _shown(text)}


def _chat(text: str) -> str:
    if len(text) > LONGEST or not _CHAT.fullmatch(text):
        raise BadAddress(
            _("“%(text)s” is not a chat id; write the id that the chat service gave, such as 123456789.")
            % {"text": _shown(text)}
        )
    return text


def _shown(text: str) -> str:
    return " ".join(text.split())[:80]
