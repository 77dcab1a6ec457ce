"""Plays the story: starts the processes, sends the messages, asks what came of them, shows it."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
from rich.console import Console

from lfd import serving
from lfd.command import INTERRUPTED
from lfd.demo import children, nation, people, picture, screen, sending, story
from lfd.demo.asking import Asking
from lfd.demo.participants import Participant, Participants, load_directory, register
from lfd.demo.seen import Seen
from lfd.demo.stage import Stage
from lfd.place import acquired, reachable
from registry import database as registry_database

Say = Callable[[str], None]


def run(chosen: Namespace) -> int:
    """Takes the command's options; plays until told to stop, or once. Returns the exit code."""
    console = screen.terminal()
    with (
        console.status("Starting PostgreSQL") as status,
        reachable(f"the database in {chosen.data}"),
        acquired(chosen.data) as lease,
    ):
        stage = Stage.at(chosen.data, lease.server)
        performance = _Performance(chosen, stage, console, status.stop)
        return serving.run(performance.run(status.update))


class _Performance:
    """One run of the demo, from the first process to the last."""

    def __init__(
        self, chosen: Namespace, stage: Stage, console: Console, hush: Callable[[], None]
    ) -> None:
        self._chosen = chosen
        self._stage = stage
        self._console = console
        self._hush = hush
        self._shown = False

    async def run(self, say: Say) -> int:
        """Takes what tells people how far it is; returns the exit code."""
        try:
            async with _until_told():
                await self._play(say)
        except asyncio.CancelledError:
            self._hush()
            self._console.print("Stopped.")
            return 0 if self._shown else INTERRUPTED
        return 0

    async def _play(self, say: Say) -> None:
        stage = self._stage
        participants = Participants.of(stage.keys)
        say("Starting the registry and an adapter for each trust")
        introduced = asyncio.create_task(_introduce(stage, participants))
        try:
            async with children.running(stage.orders(participants), stage.logs) as running:
                await introduced
                self._show(await _seen(stage, participants, say))
                if not self._chosen.once:
                    raise await children.first_failure(running)
        finally:
            # A child that cannot start is told first; what came of the rest is then of no interest.
            introduced.cancel()
            await asyncio.gather(introduced, return_exceptions=True)

    def _show(self, seen: Seen) -> None:
        self._hush()
        screen.show(seen, self._console, stays=not self._chosen.once)
        if self._chosen.svg:
            picture.save(seen, self._chosen.svg)
        self._shown = True


async def _introduce(stage: Stage, participants: Participants) -> None:
    """Tells the registry's database who takes part; the registry may be starting meanwhile."""
    settings = stage.registry
    await asyncio.to_thread(registry_database.prepare, settings.database)
    await load_directory(settings)
    await asyncio.to_thread(register, settings.database, participants)


async def _seen(stage: Stage, participants: Participants, say: Say) -> Seen:
    told = story.read()
    say("Sending the messages")
    sent = await sending.send_all(told, stage.adapters)
    async with httpx.AsyncClient() as http:
        say("Telling it of a death that only the nation knows")
        national = await _enter(http, stage, participants.national)
        trust = await _enter(http, stage, participants.providers[0])
        events = await nation.tell(national, trust, story.names(told))
        say("Asking the registry what came of them")
        practice = await _enter(http, stage, participants.practice)
        providers = [await _enter(http, stage, one) for one in participants.providers]
        found = await people.find_all(story.names(told), providers, practice)
        names = await people.names(participants.organisations, practice)
    return Seen(stage, participants, sent, events, found, names, practice.token)


async def _enter(http: httpx.AsyncClient, stage: Stage, one: Participant) -> Asking:
    return await Asking(http, stage.base_url).enter(one.credentials)


@asynccontextmanager
async def _until_told() -> AsyncGenerator[None]:
    """Cancels what runs inside, once, when the process is told to stop."""
    told = serving.stop_signal()
    inside = asyncio.current_task()
    assert inside is not None

    async def watch(task: asyncio.Task[object]) -> None:
        await told.wait()
        task.cancel()

    watching = asyncio.create_task(watch(inside))
    try:
        yield
    finally:
        watching.cancel()
