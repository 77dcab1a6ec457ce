"""Fetches a JSON Web Key Set from an allowed address, trusting nothing that answers."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

import httpx

from registry.access.jwks.key_set import usable_keys
from registry.access.public_key import PublicKeyError
from registry.access.verification_key import VerificationKey
from registry.outgoing.address import Address, AddressError, AllowedHosts, may_connect
from registry.outgoing.connecting import (
    NotAllowed,
    Resolve,
    first_answer,
    judged,
    request,
    resolved,
)

MAX_BYTES = 128 * 1024
KEEP_UNSAID, KEEP_LEAST, KEEP_MOST = 300.0, 30.0, 3600.0
"""Seconds to keep a set: where the answer does not say, and the bounds of what it says."""
JSON = re.compile(r"application/([a-z0-9.-]+\+)?json", re.IGNORECASE)
MAX_AGE = re.compile(r'\s*max-age="?(\d{1,9})"?\s*', re.IGNORECASE)


class JwksUnavailable(Exception):
    """The keys can't be had now; str() says why, with nothing of the answer in it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The keys at an address, and for how many seconds they may be kept."""

    keys: tuple[VerificationKey, ...]
    keep: float


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Seconds for the whole of one fetch, and for each step of it."""

    whole: float = 5.0
    step: float = 3.0


class JwksFetcher:
    """Fetches from the hosts it is given, in no more than the time of `limits`."""

    def __init__(
        self,
        hosts: AllowedHosts,
        limits: FetchLimits | None = None,
        resolve: Resolve = resolved,
    ) -> None:
        self._hosts = hosts
        self._limits = limits or FetchLimits()
        self._resolve = resolve

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    async def fetch(self, url: str) -> Fetched:
        """Takes an address; returns the keys there. JwksUnavailable: why not."""
        try:
            address = self._hosts.check(url)
            async with asyncio.timeout(self._limits.whole):
                return await self._ask(address)
        except TimeoutError as error:
            raise JwksUnavailable(f"no whole answer in {self._limits.whole:g} seconds") from error
        except NotAllowed as error:
            text = "its host has a network address that is not public"
            raise JwksUnavailable(text) from error
        except (AddressError, PublicKeyError) as error:
            raise JwksUnavailable(str(error)) from error
        except (OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise JwksUnavailable(f"no answer ({type(error).__name__})") from error

    async def _ask(self, address: Address) -> Fetched:
        timeout = httpx.Timeout(self._limits.step)
        found = await judged(address, self._resolve, may_connect)
        # Without the machine's proxy settings: a proxy would choose the network address itself.
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout) as http:
            return await first_answer(found, lambda one: self._get(http, address, one))

    async def _get(self, http: httpx.AsyncClient, address: Address, found: str) -> Fetched:
        accepted = ("Accept", "application/jwk-set+json, application/json")
        asked = request(http, "GET", address, found, [accepted])
        response = await http.send(asked, stream=True, follow_redirects=False)
        try:
            _check_head(response)
            return Fetched(_keys(await _body(response)), _keep(response.headers))
        finally:
            await response.aclose()


def _check_head(response: httpx.Response) -> None:
    if response.status_code != HTTPStatus.OK:
        raise JwksUnavailable(f"HTTP {response.status_code}; redirects are not followed")
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if not JSON.fullmatch(content_type):
        raise JwksUnavailable("the answer's Content-Type is not JSON")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise JwksUnavailable("the answer is compressed, which was not asked for")


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise JwksUnavailable(f"the answer is longer than {MAX_BYTES} bytes")
    return bytes(body)


def _keys(body: bytes) -> tuple[VerificationKey, ...]:
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise JwksUnavailable("the answer is not JSON") from error
    return usable_keys(document)


def _keep(headers: httpx.Headers) -> float:
    """Seconds the set may be kept (RFC 9111 section 5.2.2), within our bounds."""
    directives = headers.get("Cache-Control", "").split(",")
    if {"no-store", "no-cache"} & {directive.strip().lower() for directive in directives}:
        return KEEP_LEAST
    ages = [float(found[1]) for one in directives if (found := MAX_AGE.fullmatch(one))]
    if not ages:
        return KEEP_UNSAID
    age = headers.get("Age", "0").strip()
    left = min(ages) - (float(age[:9]) if age.isascii() and age.isdigit() else 0.0)
    return min(max(left, KEEP_LEAST), KEEP_MOST)
