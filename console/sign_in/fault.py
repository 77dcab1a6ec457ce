"""Why a sign-in does not come about. Neither kind holds anything about a person."""

from __future__ import annotations


class ProviderFault(Exception):
    """The identity provider does not answer, or answers what no provider may; str() says what, for
    whoever runs the console."""


class SignInRefused(Exception):
    """What came back does not prove that anybody signed in; str() says what is wrong with it, for
    whoever runs the console."""
