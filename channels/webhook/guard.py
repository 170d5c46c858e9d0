"""Where webhooks may go: to public addresses, and to the very address that was looked at.

Whoever enters a URL must not reach by it what only this machine reaches: its own ports, the company's network, the
cloud's metadata. A name is looked up here, every address that it has is judged, and the call goes to an address that
was judged: a name server that answers differently a moment later changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
from django.utils.translation import gettext as _

Address = IPv4Address | IPv6Address

# IPv6 addresses by which a gateway or a socket reaches the IPv4 address in their last four bytes.
_WRAPPING = [IPv6Network(net) for net in ("::ffff:0:0/96", "64:ff9b::/96", "::/96")]
# All of the internet that speaks IPv6 is in here: not the site-local fec0::/10, nor a network's own 64:ff9b:1::/48.
_INTERNET = IPv6Network("2000::/3")
# Set aside by the registries for protocols, relays and books; Python learned of these in different years.
_SET_ASIDE = [ip_network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]
# Reached from the inside of a cloud alone, though the number is a public one.
_METADATA = {IPv4Address("168.63.129.16")}
_LOCAL_NAMES = ("localhost", "localhost.localdomain")
_WEB = {80, 443}
_FIRST_FREE_PORT = 1024


def is_public(address: Address) -> bool:
    """Say whether an address is one of the internet: not private, local, shared, multicast or of a cloud's inside."""
    inner = _unwrapped(address)
    if inner in _METADATA or any(inner in net for net in _SET_ASIDE):
        return False
    of_the_internet = isinstance(inner, IPv4Address) or inner in _INTERNET
    return of_the_internet and inner.is_global and not inner.is_multicast and not inner.is_reserved


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.sixtofour:
        return address.sixtofour
    return IPv4Address(int(address) & 0xFFFFFFFF) if any(address in net for net in _WRAPPING) else address


def says_private(host: str) -> bool:
    """Say whether a host is private by the look of it, without asking a name server: 127.0.0.1, 0x7f.1, localhost."""
    name = host.lower().rstrip(".")
    literal = _literal(name)
    if literal:
        return not is_public(literal)
    return name in _LOCAL_NAMES or name.endswith((".localhost", ".local", ".internal"))


def is_sane(port: int | None) -> bool:
    """Say whether a port is the web's, or one that any program may listen on; the others belong to other services."""
    return port is None or port in _WEB or port >= _FIRST_FREE_PORT


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # as resolvers read 127.1, 0177.0.0.1 and 2130706433
    except OSError:
        return None


class Guarded(httpx.BaseTransport):
    """A way for calls that looks at the address first. Redirects are no business of a way: nobody follows them."""

    def __init__(self, onwards: httpx.BaseTransport, *, allow_private: bool) -> None:
        """Judge addresses, and hand what may go to `onwards`."""
        self._onwards, self._allow_private = onwards, allow_private
        self._known: dict[tuple[str, int], Sequence[str]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the host's first address that answers, at most one of each family. Raises httpx.ConnectError."""
        failure: httpx.TransportError | None = None
        for address in self._addresses(request.url):
            try:
                return self._onwards.handle_request(_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = failure or error
        raise failure or httpx.ConnectError(_("%(host)s has no address.") % {"host": request.url.host})

    def close(self) -> None:
        """Close the connections."""
        self._onwards.close()

    def _addresses(self, url: httpx.URL) -> Sequence[str]:
        place = (url.raw_host.decode(), url.port or (443 if url.scheme == "https" else 80))
        if place not in self._known:
            self._known[place] = self._judged(*place)
        return self._known[place]

    def _judged(self, host: str, port: int) -> Sequence[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpx.ConnectError(_("%(host)s is not found: %(words)s") % {"host": host, "words": error}) from error
        addresses = {family: str(place[0]) for family, _type, _protocol, _name, place in reversed(found)}
        for _family, _type, _protocol, _name, place in found:
            if not self._allow_private and not is_public(ip_address(str(place[0]).partition("%")[0])):
                raise httpx.ConnectError(
                    _("%(host)s is at %(address)s, which is not public; allow private addresses if it shall be called.")
                    % {"host": host, "address": place[0]}
                )
        return list(dict.fromkeys(addresses[family] for family, *_rest in found))


def _to(address: str, request: httpx.Request) -> httpx.Request:
    """Return the request to an address; the host stays in its header, and the certificate must be the host's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode()},
    )
