"""What happens to a message, in the dialect of its channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from channels.sandbox import kannel, mail, telegram
from channels.sandbox.calls import Call
from channels.sandbox.draws import draw
from channels.sandbox.hooks import Hook, Hooks, is_loopback
from channels.sandbox.reactions import Act
from channels.sandbox.wayback import Bundle, Due

_ONE_CLICK = b"List-Unsubscribe=One-Click"
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_BROWSER = {"user-agent": "Mozilla/5.0 (Chorale sandbox)"}


def call_for(bundle: Bundle, hooks: Hooks) -> Call | None:
    """Return the call that tells of something, None where the dialect has no words for it or nobody listens.

    More than one thing at a time can be told of mails alone.
    """
    due, hook = bundle[0], hooks.of(bundle[0].entry.channel)
    if due.is_mail_report:
        return mail.call(hook, [mail.report(each.entry, each.act, each.at) for each in bundle]) if hook else None
    anywhere = {Act.CLICKED: _click, Act.UNSUBSCRIBED: _one_click}.get(due.act)
    if anywhere:
        return anywhere(due)
    return _BY_CHANNEL.get(due.entry.channel, _nothing)(due, hook)


def _sms(due: Due, hook: Hook | None) -> Call | None:
    if due.act in {Act.DELIVERED, Act.FAILED, Act.BOUNCED}:
        return kannel.report(due.entry, due.act, due.at)
    said = due.act in {Act.REPLIED, Act.STOPPED}
    return kannel.reply(hook, due.entry, due.text, due.at) if hook and said else None


def _chat(due: Due, hook: Hook | None) -> Call | None:
    if hook is None:
        return None
    if due.act is Act.BOUNCED:
        return telegram.blocked(hook, due.entry, due.at)
    said = due.act in {Act.REPLIED, Act.STOPPED}
    return telegram.reply(hook, due.entry, due.text, due.at) if said else None


def _nothing(_due: Due, _hook: Hook | None) -> None:
    return None


_BY_CHANNEL: Mapping[str, Callable[[Due, Hook | None], Call | None]] = {"sms": _sms, "chat": _chat}


def _one_click(due: Due) -> Call | None:
    return Call("POST", due.entry.stop_url, _ONE_CLICK, _FORM) if due.entry.stop_url else None


def _click(due: Due) -> Call | None:
    """Follow the link that was asked for, else one of those to this machine, but never the one that stops messages."""
    links = [link for link in due.entry.links if is_loopback(link) and "/u/" not in link]
    chosen = due.text or (links[int(draw(due.entry.channel, due.entry.address) * len(links))] if links else "")
    return Call("GET", chosen, headers=_BROWSER) if chosen else None
