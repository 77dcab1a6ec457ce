"""What a registry is told of organisations: `lfd organisation` and `lfd policy`."""

from __future__ import annotations

from pathlib import Path

from lfd.arguments_of import options
from lfd.arguments_of.declaring import Commands, add_command, add_group


def organisation(commands: Commands) -> None:
    """Adds `lfd organisation load`."""
    actions = add_group(commands, "organisation", "The registry's directory of organisations.")
    load = add_command(
        actions,
        "load",
        "organisation",
        "load organisations from a CSV file",
        "Loads organisations from CSV with the columns ods,name,type,parent,succeeded_by,\n"
        "succeeded_on. Types: acute, mental-health, community, gp, icb, medical-examiner,\n"
        "national. A practice's parent is its ICB. What depends on them is brought up to date.\n"
        "Works while `lfd up` runs.",
        "  lfd organisation load organisations.csv\n"
        "  lfd organisation load organisations.csv --database postgresql://lfd@db/lfd",
    )
    load.add_argument("file", metavar="FILE.csv", type=Path)
    options.where(load)


def policy(commands: Commands) -> None:
    """Adds `lfd policy load`."""
    actions = add_group(commands, "policy", "Organisations' own learning-from-deaths policies.")
    load = add_command(
        actions,
        "load",
        "policy",
        "load a policy from a YAML file",
        "Loads an organisation's policy: which contacts or emergency attendances are in scope\n"
        "beyond the national rule, and its random sample; with its dates (docs/policies.md).\n"
        "What depends on it is brought up to date. Works while `lfd up` runs.",
        "  lfd policy load our-policy.yaml\n"
        "  lfd policy load our-policy.yaml --database postgresql://lfd@db/lfd",
    )
    load.add_argument("file", metavar="FILE.yaml", type=Path)
    options.where(load)
