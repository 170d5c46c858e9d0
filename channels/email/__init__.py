"""E-mail by SMTP, to any server.

A sender needs host and port, how the connection is secured (none, starttls or tls), user and password if the server
asks for them, and the address that mails come from. Mails are multipart (plain text and HTML), carry the same
Message-ID in every attempt, List-Unsubscribe with one click (RFC 8058) where it applies, and X-Chorale-Message, by
which bounces are matched.

Connections stay open for a batch. Where the server offers PIPELINING (RFC 2920), the end of one mail and the envelope
of the next travel together, so that a mail costs one round trip. More workers mean more connections.

Bounces (RFC 3464) and complaints (RFC 5965) come back as `message/rfc822`, or many of them as `multipart/digest`,
posted to the sender's webhook by whatever receives mail for the bounce address, with the header
`X-Chorale-Signature: sha256=` and the HMAC of the body under the sender's bounce secret.
"""
