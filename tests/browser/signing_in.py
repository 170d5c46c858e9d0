"""Signing in by hand, as somebody who has a password and perhaps an authenticator app."""

from __future__ import annotations

from base64 import b32decode

from django_otp.oath import totp
from playwright.sync_api import Page

from journeys.demo.shop import PASSWORD


def password(page: Page, username: str, typed: str = PASSWORD) -> None:
    """Open the start and give name and password."""
    page.goto("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(typed)
    page.get_by_role("button", name="Sign in").click()


def take_into_use(page: Page) -> None:
    """Have an app take over the key that the page shows, and show its first code."""
    page.get_by_label("Code of the new device").fill(code(page.locator("code").inner_text()))
    page.get_by_role("button", name="Take it into use").click()


def code(key: str) -> str:
    """Return what an authenticator app shows now for a key."""
    plain = key.replace(" ", "")
    return f"{totp(b32decode(plain + '=' * (-len(plain) % 8))):06}"
