"""The files of a synthetic area: each sender's messages, the directory, the truth, what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from simulation.conditions import CONFIRMED
from simulation.life import Place
from simulation.organisations import directory
from simulation.simulate import Simulated
from simulation.truth_file import to_line

TRUTH, DIRECTORY, ABOUT = "truth.jsonl", "organisations.csv", "README.md"


def write(out: Path, made: Simulated, seed: int) -> list[Path]:
    """Takes a directory, made where there is none, and what was simulated; writes the files and
    returns their paths. OSError where it cannot; files of an earlier run are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    return [_write(out / name, text) for name, text in _files(made, seed)]


def _files(made: Simulated, seed: int) -> Iterator[tuple[str, str]]:
    for sender, messages in made.messages.items():
        yield f"{sender}.hl7", "".join(message.text for message in messages)
    yield DIRECTORY, directory(made.plan.area)
    yield TRUTH, "".join(to_line(truth) for truth in made.truths)
    yield ABOUT, _about(made, seed)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _about(made: Simulated, seed: int) -> str:
    plan = made.plan
    places = Counter(truth.happened.place for truth in made.truths)
    in_scope = places[Place.IN_HOSPITAL] + places[Place.AFTER_DISCHARGE]
    flags = Counter(flag for truth in made.truths for flag in truth.happened.flags)
    counted = "\n".join(f"- {flag}: {flags[flag]} of the deaths in scope" for flag in CONFIRMED)
    messages = "\n".join(
        f"- `{sender}.hl7`: {len(sent)} messages, in sending order"
        for sender, sent in made.messages.items()
    )
    return f"""# A synthetic area

Made by `lfd simulate` with seed {seed}. Everybody and every place in it is invented; the NHS
numbers are of the range that is kept for tests.

- {plan.start:%d %B %Y} to {plan.until:%d %B %Y}, {len(plan.area.practices)} practices
- {len(made.truths)} people, {in_scope} deaths in scope: {places[Place.IN_HOSPITAL]} in hospital,
  {places[Place.AFTER_DISCHARGE]} within 30 days of discharge
{counted}

{messages}
- `{DIRECTORY}`: the organisations
- `{TRUTH}`: for each person what happened, what the messages show of it, and why not more

With an exchange running that does not forget what is long past
(`lfd up --forget-allowance-days 36500`):

    lfd organisation load {DIRECTORY}
    lfd send {" ".join(f"{sender}.hl7" for sender in made.messages)} --to 127.0.0.1:2575
    openssl ecparam -name secp384r1 -genkey -noout -out area.pem
    openssl ec -in area.pem -pubout -out area.pub.pem
    lfd client add area --organisation {plan.area.board.ods} --role icb --public-key area.pub.pem
    lfd simulate score --truth {TRUTH} --url http://127.0.0.1:8080 --client area --key area.pem
"""
