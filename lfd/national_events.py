"""`lfd national`: our subscriptions at the national event service."""

from __future__ import annotations

import asyncio
from argparse import Namespace

import httpx

from lfd.failure import Failure
from lfd.national import application_key, https_address
from registry.national import event_service
from registry.national.event_service import EventService, NotDone
from registry.national.services import TIMEOUT
from registry.national.token import Tokens


def run(chosen: Namespace) -> int:
    """Takes the action and its options; does it."""
    base = https_address(chosen, "events_url")
    key = application_key(chosen)
    actions = {"subscribe": _subscribe, "list": _list, "remove": _remove}

    async def work() -> None:
        async with httpx.AsyncClient(timeout=TIMEOUT) as http:
            await actions[chosen.action](EventService(base, Tokens(http, key), http), chosen)

    try:
        asyncio.run(work())
    except NotDone as error:
        raise Failure(str(error)) from None
    return 0


async def _subscribe(service: EventService, chosen: Namespace) -> None:
    subscription = event_service.wanted(
        chosen.event, chosen.mailbox, chosen.workflow, chosen.reason
    )
    made = await service.subscribe(subscription)
    print(f"subscribed {made}: {chosen.event} to {chosen.mailbox}, {chosen.workflow}")


async def _list(service: EventService, _: Namespace) -> None:
    found = await service.all()
    for one in found:
        print(f"{one.id}  {one.status}  {one.criteria}  {one.endpoint}")
    if not found:
        print("no subscriptions")


async def _remove(service: EventService, chosen: Namespace) -> None:
    await service.remove(chosen.id)
    print(f"removed {chosen.id}: no events come by it any more")
