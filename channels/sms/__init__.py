"""SMS by a gateway that speaks Kannel's sendsms dialect over HTTP, as Kannel and many providers do.

A sender needs the gateway's URL (Kannel's own ends in `/cgi-bin/sendsms`), user, password and the number or name that
messages come from. Texts within the GSM 7-bit alphabet go out as such, all others as UCS-2 (`coding=2`).

Delivery reports come back to an address that each message carries, signed for it. Replies (MO) come through a
`get-url` in Kannel's `sms-service` group, the sender's webhook followed by
`?from=%p&to=%P&text=%b&charset=%C&at=%T&id=%I`; the webhook's address is the secret that proves who calls.
"""
