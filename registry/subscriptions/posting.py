"""The channel rest-hook: sends a notification to an allowed endpoint, trusting nothing that
answers. Of the answer only the status is read.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cached_property

import httpx

from registry.outgoing.address import Address
from registry.outgoing.connecting import (
    NotAllowed,
    Resolve,
    first_answer,
    judged,
    request,
    resolved,
)
from registry.subscriptions.channel import Message, NotSent
from registry.subscriptions.endpoints import EndpointRefused, Endpoints
from registry.subscriptions.signing import HEADER
from registry.subscriptions.terms import Terms
from tracing.place import HEADER as TRACEPARENT

CORRELATION = "X-Correlation-ID"
"""The header with the id of the request that brought about what is told."""


class RestHook:
    """Sends to the endpoints it is given."""

    def __init__(self, endpoints: Endpoints, resolve: Resolve = resolved) -> None:
        self._endpoints = endpoints
        self._resolve = resolve

    # Made once: reading the machine's certificates takes longer than most deliveries.
    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def check(self, endpoint: str) -> None:
        """As every channel."""
        self._endpoints.check(endpoint)

    async def send(self, terms: Terms, message: Message) -> None:
        """As every channel, within the subscriber's timeout."""
        try:
            address = self._endpoints.check(terms.endpoint)
            async with asyncio.timeout(terms.timeout):
                response = await self._post(address, terms, message)
        except TimeoutError:
            raise NotSent(f"no answer in {terms.timeout} seconds") from None
        except EndpointRefused as error:
            raise NotSent(str(error)) from None
        except NotAllowed:
            raise NotSent("its host has a network address that is not allowed") from None
        except (OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotSent(f"no answer ({type(error).__name__})") from None
        if not response.is_success:
            raise NotSent(f"HTTP {response.status_code}", _retry_after(response))

    async def _post(self, address: Address, terms: Terms, message: Message) -> httpx.Response:
        timeout = httpx.Timeout(float(terms.timeout))
        found = await judged(address, self._resolve, self._endpoints.may_connect)
        # Without the machine's proxy settings: a proxy would choose the network address itself.
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout) as http:
            return await first_answer(
                found, lambda one: _post_to(http, address, one, terms, message)
            )


async def _post_to(
    http: httpx.AsyncClient, address: Address, found: str, terms: Terms, message: Message
) -> httpx.Response:
    headers = [
        *terms.headers,
        ("Content-Type", message.media_type),
        (HEADER, message.signature),
        *([] if message.correlation is None else [(CORRELATION, str(message.correlation))]),
        *([] if message.traceparent is None else [(TRACEPARENT, message.traceparent)]),
    ]
    posted = request(http, "POST", address, found, headers, message.body)
    response = await http.send(posted, stream=True, follow_redirects=False)
    await response.aclose()
    return response


def _retry_after(response: httpx.Response) -> float | None:
    said = response.headers.get("Retry-After", "").strip()
    return float(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
