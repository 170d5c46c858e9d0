"""QR codes as pictures."""

from __future__ import annotations

from io import BytesIO

import segno

# Of the four levels the second: a scratched screen is forgiven, and the squares stay large on a small one.
_ERROR = "m"


def png(text: str) -> bytes:
    """Return the picture of a QR code, black on white with the quiet zone around it, about 260 pixels wide."""
    drawn = BytesIO()
    segno.make(text, error=_ERROR, micro=False).save(drawn, kind="png", scale=8, border=4)
    return drawn.getvalue()
