"""Every cell of the table of who sees what: role and involvement by resource by interaction. What
is allowed works; everything else is as if it were not there."""

from __future__ import annotations

import psycopg
import pytest

from registry.core.derive import Involvement
from registry.core.visibility import REACH, VISIBLE
from tests.registry.access_table.cells import ACROSS, INTERACTIONS, Cell
from tests.registry.access_table.world import SCENARIOS, SUBJECTS, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("interaction", INTERACTIONS)
@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_cell(world: World, scenario: str, subject: str, interaction: str) -> None:
    await INTERACTIONS[interaction](Cell(world, scenario, subject))


@pytest.mark.parametrize("interaction", ACROSS)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_across(world: World, scenario: str, interaction: str) -> None:
    await ACROSS[interaction](world, scenario)


async def test_the_world_is_what_the_scenarios_say(world: World, world_url: str) -> None:
    with psycopg.connect(world_url) as connection:
        rows = connection.execute(
            "SELECT organisation, reasons, is_party FROM registry.involvement WHERE person = %s",
            (world.person,),
        ).fetchall()
    stored = {row[0]: frozenset(row[1]) for row in rows}
    said = {who.organisation: who.reasons for who in SCENARIOS.values() if who.reasons}
    assert stored == said
    for _, reasons, is_party in rows:
        assert is_party == any(REACH[reason] == "case" for reason in reasons)


async def test_the_table_leaves_nothing_out() -> None:
    """A new involvement, type or role needs its scenario and subject here."""
    reasons = {v for n, v in vars(Involvement).items() if n.isupper()}
    assert set(REACH) == reasons
    assert set[str]().union(*(who.reasons for who in SCENARIOS.values())) == reasons
    assert set(VISIBLE) == {who.role for who in SCENARIOS.values()}
    # Organizations and Subscriptions are about nobody.
    shown = set[str]().union(*VISIBLE.values()) - {"Organization", "Subscription"}
    assert {subject.resource_type for subject in SUBJECTS.values()} == shown


@pytest.mark.parametrize("scenario", [n for n, w in SCENARIOS.items() if w.role != "adapter"])
async def test_organisations_are_for_everybody(world: World, scenario: str) -> None:
    for address in ("Organization/RT1", "Organization?identifier=RT1", "Organization/_history"):
        assert (await world.clients[scenario].get(address)).status_code == 200
