"""Who sent an HTTP request: by the token it carries, or by the certificate of its connection.

Source: RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import logging

from starlette.requests import Request

from adapter.certificate import Certificate
from adapter.metrics import Metrics
from adapter.security import Security
from adapter.senders import Sender

_log = logging.getLogger(__name__)
CERTIFICATE = "peer_certificate"
"""Where the server puts the verified certificate of the connection, in the state of a request."""


class Unauthenticated(Exception):
    """Nobody is known to have sent the request; `challenge` is for WWW-Authenticate."""

    def __init__(self, challenge: str) -> None:
        super().__init__(challenge)
        self.challenge = challenge


class Guard:
    """Says who sent a request, and counts those that nobody is known to have sent."""

    def __init__(self, security: Security, metrics: Metrics) -> None:
        self._security = security
        self._metrics = metrics

    def sender(self, request: Request) -> Sender | None:
        """Takes a request; returns its sender, None where senders are not bound to organisations.

        Raises Unauthenticated. A token that is not valid is not made good by a certificate.
        """
        try:
            return self._sender(request)
        except Unauthenticated:
            self._metrics.requests_unauthenticated.inc()
            _log.warning("http request refused status=401")
            raise

    def _sender(self, request: Request) -> Sender | None:
        if not self._security.authenticates_http:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            bearer = scheme.lower() == "bearer"
            found = self._security.sender_of_token(token.strip()) if bearer else None
            if found is None:
                raise Unauthenticated('Bearer realm="hl7v2", error="invalid_token"')
            return found
        certificate: Certificate | None = getattr(request.state, CERTIFICATE, None)
        if certificate is None:
            raise Unauthenticated('Bearer realm="hl7v2"')
        return self._security.sender_of_certificate(certificate)
