"""How a subscription stands, in words: what it does, what went wrong, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from console.feeds.status import seconds
from console.wording import moment
from registry.subscriptions.health import Health

Colour = Literal["green", "blue", "grey", "orange", "red"]
_HTTP = re.compile(r"HTTP (\d{3})")
_TIMEOUT = re.compile(r"no answer in (\d+) seconds")
_BROKEN = re.compile(r"no answer \((\w+)\)")
_BEGIN_AGAIN = (
    "When the endpoint is ready, the client updates the subscription with the status requested; "
    "what is kept follows in order."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page says of a subscription: its state and the colour of that, a sentence on it, what
    went wrong last and what to do, where there is something ('': nothing), and what waits."""

    health: Health
    label: str
    colour: Colour
    why: str
    fault: str
    advice: str
    waiting: str


def standing(one: Health, now: datetime) -> Standing:
    """Takes how a subscription stands, and the time; returns what the page says of it."""
    fault = in_words(one.error) if one.error else ""
    label, colour, why, advice = _state(one, now, fault)
    return Standing(one, label, colour, why, fault, advice, _waiting(one, now))


def is_ill(one: Standing) -> bool:
    """Takes what is said of a subscription; True where somebody should look at it."""
    return one.colour in ("red", "orange")


def _state(one: Health, now: datetime, fault: str) -> tuple[str, Colour, str, str]:
    """State, colour, sentence and advice."""
    match one.status:
        case "off":
            return _off(one, now, fault)
        case "error":
            why = "The registry has given up. Events are still counted, and kept for a time."
            return "Stopped by an error", "red", why, f"{_mend(one.error or '')} {_BEGIN_AGAIN}"
        case "requested":
            why = "The registry has yet to reach the endpoint with the handshake."
            advice = "Nothing, if it was only just made. The endpoint must answer 2xx."
            return "Requested", "blue", why, advice
        case "active" if one.failures:
            times = "once" if one.failures == 1 else f"{one.failures} times in a row"
            since = f" since {moment(one.failing_since)}" if one.failing_since else ""
            why = f"Sending has failed {times}{since}. It is tried next {_next(one, now)}."
            return "Trying again", "orange", why, f"{_mend(one.error or '')} Nothing is lost."
        case "active" if one.waiting:
            return "Sending", "green", "What waits is on its way.", ""
        case "active":
            return "Up to date", "green", "Its endpoint has taken everything.", ""


def _off(one: Health, now: datetime, fault: str) -> tuple[str, Colour, str, str]:
    if fault:
        advice = "Register the client again for this organisation, then make a new subscription."
        return "Off", "red", "The registry has stopped it.", advice
    if one.ends_at is not None and one.ends_at <= now:
        why = f"It ended on {moment(one.ends_at)}, as its client had asked."
    else:
        why = "Its client has stopped it."
    advice = f"Nothing, if that was meant. {_BEGIN_AGAIN}"
    return "Off", "grey", why, advice


def _next(one: Health, now: datetime) -> str:
    left = one.next_at - now
    return "now" if left <= timedelta(0) else f"in {seconds(left.total_seconds())}"


def _waiting(one: Health, now: datetime) -> str:
    if one.status == "off":
        return "Nothing is sent any more"
    if not one.waiting:
        return "None"
    if one.oldest_waiting is None:
        return f"{one.waiting}"
    age = max(now - one.oldest_waiting, timedelta(0)).total_seconds()
    return f"{one.waiting}, the oldest for {seconds(age)}"


def in_words(error: str) -> str:
    """Takes what the delivery said of its last failure; returns it as a sentence for people who do
    not know its terms."""
    if found := _HTTP.fullmatch(error):
        return f"The endpoint answered with {error}{_meaning(int(found[1]))}."
    if found := _TIMEOUT.fullmatch(error):
        return f"The endpoint did not answer within {found[1]} seconds."
    if found := _BROKEN.fullmatch(error):
        return f"The endpoint could not be reached ({found[1]})."
    text = f"{error[:1].upper()}{error[1:]}"
    return text if text.endswith(".") else f"{text}."


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return ": it points elsewhere, and redirects are not followed"
    if status in (401, 403):
        return ": it does not let us in"
    if status in (404, 410):
        return ": there is nothing at that address"
    if status == 413:
        return ": what we sent was too long for it"
    if status == 429:
        return ": it asks us to slow down"
    return ": it has a fault of its own" if status >= 500 else ""


def _mend(error: str) -> str:
    """What whoever runs the endpoint looks at first."""
    found = _HTTP.fullmatch(error)
    status = int(found[1]) if found else 0
    if 300 <= status < 400:
        return "Give the subscription the address that the endpoint points to."
    if status in (401, 403):
        return "Check the headers that the subscription sends, such as an expired token."
    if status in (404, 410):
        return "Check the address of the endpoint in the subscription."
    if status == 413:
        return "Let the endpoint take longer bodies, or lower backport-max-count."
    if _TIMEOUT.fullmatch(error):
        return "Have the endpoint answer first and work afterwards, or raise backport-timeout."
    if _BROKEN.fullmatch(error):
        return "Check that the endpoint runs, its name, its certificate, and firewalls between."
    if "not allowed" in error or "subscription" in error:
        return "Agree the endpoint’s host with the people who run the registry."
    return "Look at the endpoint’s own log."
