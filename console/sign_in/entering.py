"""From verified claims to a session: admission by the roles file, and the database's part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from console.session import store
from console.session.session import SignedIn
from console.settings import ConsoleSettings
from console.sign_in import attempts, person
from console.sign_in.admission import Admitted, Place, admit, is_assured
from console.sign_in.attempts import Attempt
from console.sign_in.fault import SignInRefused
from nhs.london_time import london_date
from registry.directory.loading import read_all_async
from registry.store.transaction import Pool


@dataclass(frozen=True, slots=True)
class Entered:
    """The secret of the new session, and whom its person acts for; None: they have yet to choose
    among several organisations."""

    secret: str
    place: Place | None


def uid_of(claims: Mapping[str, object]) -> str | None:
    """Takes verified claims; returns the id of whom they name, None where they name nobody."""
    try:
        return person.read(claims).uid
    except person.ClaimsError:
        return None


class Entrance:
    """Begins and finishes sign-ins in the database. `clock` gives the time."""

    def __init__(
        self, settings: ConsoleSettings, pool: Pool, clock: Callable[[], datetime]
    ) -> None:
        self._admission = settings.admission
        self._terms = settings.terms
        self._pool = pool
        self._clock = clock

    async def begin(self, browser: str, return_to: str) -> Attempt:
        """Takes the browser's secret and the page to return to; returns a new attempt."""
        async with self._pool.connection() as connection:
            return await attempts.begin(connection, browser, return_to, self._clock())

    async def finish(self, browser: str | None, state: str) -> Attempt:
        """Takes the browser's secret and the state that came back; returns the attempt. It can't be
        finished again. SignInRefused: it was not begun in this browser, or not lately."""
        if browser is None:
            raise SignInRefused("no cookie of a sign-in that was begun here")
        async with self._pool.connection() as connection:
            attempt = await attempts.finish(connection, browser, state, self._clock())
        if attempt is None:
            raise SignInRefused("the state is of no sign-in that was begun here")
        return attempt

    async def enter(
        self, claims: dict[str, object], id_token: str, replaced: str | None
    ) -> Entered | Admitted:
        """Takes verified claims, their ID token, and the secret of a session this browser had;
        returns the new session in its place, or why there is none. SignInRefused: the claims name
        nobody, or the sign-in was not strong enough."""
        if not is_assured(claims, self._admission):
            raise SignInRefused("the sign-in is of a lower assurance than the roles file asks for")
        try:
            who = person.read(claims)
        except person.ClaimsError as error:
            raise SignInRefused(f"the claims have no usable {error}") from error
        now = self._clock()
        async with self._pool.connection() as connection:
            directory = await read_all_async(connection)
            admitted = admit(who, self._admission.rules, directory, london_date(now))
            if not admitted.places:
                return admitted
            if replaced is not None:
                await store.end(connection, replaced)
            await store.forget_ended(connection, now, self._terms)
            signed_in = SignedIn(who.uid, who.name, admitted.places, id_token)
            only = admitted.places[0] if len(admitted.places) == 1 else None
            return Entered(await store.begin(connection, signed_in, only, now), only)
