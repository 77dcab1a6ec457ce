"""The pages about an organisation's own feed, for those who look after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapter.feeds import Feed
from adapter.integration import MessageChanged, fingerprint
from adapter.mending import CannotMend, is_mendable, text_of
from adapter.quarantine import NotQuarantined, QuarantinedContent
from adapter.site_fixing import MOST, BacklogChanged, CannotUseSite, Trial
from console.feeds.hours_svg import hours, svg
from console.feeds.inbox import Inbox
from console.feeds.segments import lines
from console.feeds.status import seconds, status, waiting
from console.feeds.subscriptions import Standing, is_ill, standing
from console.pages import message, page
from console.record import caller, origin
from console.session.gate import ActionHandler, Endpoint, Gate, PageHandler
from console.session.session import Session
from console.wording import moment
from registry.api.in_process import InProcess
from registry.audit.patterns import MESSAGE
from registry.subscriptions import health

PATH = "/feeds"
SITE_FILE = f"{PATH}/site-file"
PAGE_SIZE = 50
MAX_BYTES = 512 * 1024
"""A message of the longest that can be mended, each character written as three in the form."""
BACK = (PATH, "Go to the feeds")


class FeedRoutes:
    """The pages of a feed. `inbox` is the adapter's (None: no adapter is served here); `clock`
    gives the time; `has_record` is False where the registry is elsewhere, and with it the
    subscriptions. What shows or changes a message is on record before it is answered."""

    def __init__(
        self,
        gate: Gate,
        api: InProcess,
        inbox: Inbox | None,
        clock: Callable[[], datetime],
        *,
        has_record: bool = True,
    ) -> None:
        self._gate = gate
        self._api = api
        self._inbox = inbox
        self._clock = clock
        self._has_record = has_record

    @property
    def routes(self) -> list[Route]:
        """The routes, all of them for those alone who look after the feed."""
        one = f"{PATH}/messages/{{number:int}}"
        return [
            Route(PATH, self._gate.page(self._feeds), methods=["GET"]),
            Route(one, self._page(self._message), methods=["GET"]),
            Route(f"{one}/release", self._action(self._release), methods=["POST"]),
            Route(SITE_FILE, self._page(self._site_file), methods=["GET"]),
            Route(SITE_FILE, self._action(self._try), methods=["POST"]),
            Route(f"{SITE_FILE}/apply", self._action(self._apply), methods=["POST"]),
        ]

    def _page(self, handler: PageHandler) -> Endpoint:
        async def allowed(request: Request, session: Session) -> Response:
            return self._refusal(session) or await handler(request, session)

        return self._gate.page(allowed)

    def _action(self, handler: ActionHandler) -> Endpoint:
        async def allowed(request: Request, session: Session, fields: dict[str, str]) -> Response:
            return self._refusal(session) or await handler(request, session, fields)

        return self._gate.action(allowed, max_bytes=MAX_BYTES)

    def _refusal(self, session: Session) -> Response | None:
        """What is answered to whoever may not go on; HTTPException 403 where it is not theirs."""
        _require_integration(session)
        if self._inbox is not None:
            return None
        return message(
            404,
            "No feed is served here",
            [
                "The adapter that takes in your organisation’s messages runs elsewhere, in your "
                "own network. Its messages are shown there, to whoever looks after it.",
            ],
            session=session,
            link=BACK,
        )

    @property
    def _served(self) -> Inbox:
        assert self._inbox is not None, "the routes refuse where there is none"
        return self._inbox

    async def _feeds(self, request: Request, session: Session) -> Response:
        _require_integration(session)
        after = _number(request.query_params.get("after"))
        subscriptions = await self._subscriptions(request, session) if self._has_record else []
        return page(
            "feeds",
            session=session,
            area="feeds",
            moment=moment,
            has_record=self._has_record,
            subscriptions=subscriptions,
            has_ill_subscription=any(map(is_ill, subscriptions)),
            **await self._messages(_organisation(session), after),
        )

    async def _messages(self, code: str, after: int) -> dict[str, Any]:
        """What the page says of the adapter's messages, where one is served here."""
        if self._inbox is None:
            return {"is_served": False}
        now = self._clock()
        quarantined = await self._inbox.quarantined(code, after, PAGE_SIZE + 1)
        return {
            "is_served": True,
            "feeds": [_shown(one, now) for one in await self._inbox.feeds(code, now)],
            "quarantined": quarantined[:PAGE_SIZE],
            "next_after": quarantined[PAGE_SIZE - 1].id if len(quarantined) > PAGE_SIZE else None,
            "after": after,
            "refused": await self._inbox.refused(code),
        }

    async def _subscriptions(self, request: Request, session: Session) -> list[Standing]:
        """How the organisation's subscriptions stand; on record as the API's `$status` is."""
        who = caller(session)
        found = await self._api.reading(who, health.of_reader)
        await self._note(request, session, "subscription-statuses", "Subscription")
        now = self._clock()
        return [standing(one, now) for one in found]

    async def _message(self, request: Request, session: Session) -> Response:
        try:
            found = await self._served.content(_organisation(session), _id(request))
        except NotQuarantined:
            return _gone(session)
        return await self._content(request, session, found)

    async def _content(
        self,
        request: Request,
        session: Session,
        found: QuarantinedContent,
        error: str | None = None,
        written: str | None = None,
    ) -> Response:
        await self._note(request, session, "message-shown", f"{MESSAGE}{found.id}")
        raw = found.raw if found.corrected is None else found.corrected
        text = text_of(raw)
        return page(
            "feed_message",
            status=400 if error else 200,
            session=session,
            area="feeds",
            found=found,
            lines=lines(text, found.location),
            text=text if written is None else written,
            shown=fingerprint(found),
            is_mendable=is_mendable(raw),
            error=error,
            moment=moment,
        )

    async def _release(
        self, request: Request, session: Session, fields: dict[str, str]
    ) -> Response:
        code, number = _organisation(session), _id(request)
        text = fields.get("text")
        asked = f"{MESSAGE}{number}"
        try:
            await self._served.release(code, number, fields.get("shown", ""), text)
        except NotQuarantined:
            await self._note(request, session, "message-released", asked, 404)
            return _gone(session)
        except MessageChanged:
            await self._note(request, session, "message-released", asked, 409)
            return message(
                409,
                "This message was mended meanwhile",
                ["Somebody else changed it after you opened it. Nothing was released."],
                session=session,
                link=(f"{PATH}/messages/{number}", "Look at the message again"),
            )
        except CannotMend as error:
            await self._note(request, session, "message-released", asked, 422)
            found = await self._served.content(code, number)
            return await self._content(request, session, found, str(error), text)
        await self._note(request, session, "message-released", asked)
        return RedirectResponse(PATH, 303)

    async def _site_file(self, _: Request, session: Session) -> Response:
        return _form(session, "", None)

    async def _try(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        content = _unix(fields.get("content", ""))
        try:
            trial = await self._served.trial(_organisation(session), content)
        except CannotUseSite as error:
            await self._note(request, session, "site-file-tried", "", 422)
            return _form(session, content, str(error))
        await self._note(request, session, "site-file-tried", "")
        return _trial(session, trial)

    async def _apply(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        code, content = _organisation(session), _unix(fields.get("content", ""))
        digest = fields.get("digest", "")
        try:
            released = await self._served.apply(code, content, digest, session.who.person)
        except (BacklogChanged, CannotUseSite):
            await self._note(request, session, "site-file-applied", "", 409)
            return message(
                409,
                "Nothing was released",
                [
                    "What waits has changed since you tried the site file, so that something else "
                    "would come of it. Try it once more.",
                ],
                session=session,
                link=(SITE_FILE, "Try a site file"),
            )
        await self._note(request, session, "site-file-applied", "")
        return page(
            "feed_site_file_applied",
            session=session,
            area="feeds",
            released=released,
            content=content,
        )

    async def _note(
        self, request: Request, session: Session, what: str, asked: str, status_code: int = 200
    ) -> None:
        await self._api.note(caller(session), what, asked, origin(request), status_code)


def _require_integration(session: Session) -> None:
    """HTTPException 403 where somebody does not look after their organisation's feed."""
    if session.place is None or not session.place.integration:
        raise HTTPException(403)


def _organisation(session: Session) -> str:
    assert session.place is not None, "the gate lets nobody by who has not chosen"
    return session.place.organisation


def _id(request: Request) -> int:
    number: int = request.path_params["number"]
    return number if number < 2**63 else 0


def _number(text: str | None) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) <= 18
    return int(text) if text and is_number else 0


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _shown(feed: Feed, now: datetime) -> dict[str, object]:
    """What the page says of one feed."""
    shown = hours(feed.by_hour, now)
    total = sum(one.messages for one in shown)
    lag = feed.lag
    delivered = (
        f"half within {seconds(lag.median)}, 95 in 100 within {seconds(lag.p95)} "
        f"(of {lag.messages} recent messages)"
        if lag
        else "No message was delivered yet"
    )
    title = (
        f"Messages of {feed.organisation} in each of the last {len(shown)} hours, {total} in all"
    )
    return {
        "organisation": feed.organisation,
        "status": status(feed, now),
        "last": moment(feed.last) or "Nothing was counted yet",
        "answers": {code: feed.answers.get(code, 0) for code in ("AA", "AE", "AR")},
        "received": waiting(feed.received, now),
        "undelivered": waiting(feed.undelivered, now),
        "quarantined": waiting(feed.quarantined, now),
        "delivered": delivered,
        "hours": [one for one in shown if one.messages],
        "total": total,
        "chart": Markup(svg(shown, title)),  # noqa: S704 - made of numbers, dates and escaped text
    }


def _gone(session: Session) -> Response:
    return message(
        404,
        "This message does not wait any more",
        ["It was released, or it is not one of your organisation’s."],
        session=session,
        link=BACK,
    )


def _form(session: Session, content: str, error: str | None) -> Response:
    return page(
        "feed_site_file",
        status=400 if error else 200,
        session=session,
        area="feeds",
        content=content,
        error=error,
        most=MOST,
    )


def _trial(session: Session, trial: Trial) -> Response:
    return page(
        "feed_site_file_tried",
        session=session,
        area="feeds",
        trial=trial,
        going=[one for one in trial.tried if one.goes_on],
        most=MOST,
    )
