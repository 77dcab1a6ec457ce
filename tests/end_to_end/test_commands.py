"""Each `lfd` command as a user types it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.adt import Person, Stay, new_nhs_number
from tests.end_to_end.exchange import LFD, Exchange, lfd
from tests.end_to_end.telling import in_hospital

PERSON = Person("RT1", "9990000018", "A1")
ADMIT = PERSON.message("A01", "20260105090000", stay=Stay("V1", "20260105090000"))
NO_PID = "MSH|^~\\&|PAS|RT1|TIE|ROUTE|20260105090000||ADT^A01|X1|P|2.4\rEVN||20260105090000\r"


def write(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_text(content, newline="")
    return str(path)


def test_convert_prints_one_bundle_a_line(tmp_path: Path) -> None:
    file = write(tmp_path, "two.hl7", ADMIT + ADMIT.replace("A01", "A08"))
    done = lfd("convert", file)
    bundles = [json.loads(line) for line in done.stdout.splitlines()]
    assert [b["entry"][0]["resource"]["eventCoding"]["code"] for b in bundles] == ["A01", "A08"]
    assert done.stdout == lfd("convert", file).stdout


def test_convert_reads_standard_input_and_exits_2_where_something_failed() -> None:
    done = subprocess.run(
        [*LFD, "convert", "-"],
        input=(ADMIT + NO_PID).encode(),
        capture_output=True,
        timeout=60,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 2
    assert (first["resourceType"], second["resourceType"]) == ("Bundle", "OperationOutcome")
    assert "PID" in second["issue"][0]["diagnostics"]


def test_convert_of_a_file_without_a_message_says_so(tmp_path: Path) -> None:
    done = lfd("convert", write(tmp_path, "empty.hl7", ""), check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout)["resourceType"] == "OperationOutcome"


def test_convert_minimised_leaves_the_address_at_home(tmp_path: Path) -> None:
    with_address = ADMIT.replace("|2\r", "|2|||1 HIGH STREET^^TOWN^^AB1 2CD\r")
    file = write(tmp_path, "one.hl7", with_address)
    assert "HIGH STREET" in lfd("convert", file).stdout
    minimised = lfd("convert", "--minimise", "--pretty", file).stdout
    assert "HIGH STREET" not in minimised
    assert "AB1" in minimised
    assert "2CD" not in minimised


def test_convert_with_a_wrong_site_file_names_the_line(tmp_path: Path) -> None:
    site = write(tmp_path, "site.yaml", "discharge-method-codes: nonsense\n")
    done = lfd("convert", "--site", site, write(tmp_path, "a.hl7", ADMIT), check=False)
    assert done.returncode == 1
    assert "site.yaml, line 1: expected one of" in done.stderr


def test_send_exits_1_when_a_message_is_not_accepted(exchange: Exchange, tmp_path: Path) -> None:
    file = write(tmp_path, "bad.hl7", NO_PID)
    done = lfd("send", file, "--to", exchange.mllp, check=False)
    assert done.returncode == 1
    msa, err = done.stdout.splitlines()
    assert msa.startswith("MSA|AE|X1")
    assert err.startswith("ERR|")


def test_send_to_nobody_is_one_line(tmp_path: Path) -> None:
    done = lfd("send", write(tmp_path, "a.hl7", ADMIT), "--to", "127.0.0.1:1", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_quarantine_shows_why_and_lets_go(exchange: Exchange, tmp_path: Path) -> None:
    data = ["--data", str(exchange.data)]
    control_id = f"Q{new_nhs_number()}"
    exchange.send(NO_PID.replace("X1", control_id))
    listed = lfd("quarantine", "list", *data).stdout.splitlines()
    (line,) = [line for line in listed if control_id in line]
    number = line.split("\t")[0]
    shown = lfd("quarantine", "show", number, *data).stdout
    assert "PID" in shown
    assert "MSH|" in shown
    mended = write(tmp_path, "mended.hl7", ADMIT.replace("A1-1|P", f"{control_id}|P"))
    assert lfd("quarantine", "release", number, "--corrected", mended, *data).stdout == (
        "1 released\n"
    )
    exchange.wait_settled()
    assert control_id not in lfd("quarantine", "list", *data).stdout
    again = lfd("quarantine", "show", number, *data, check=False)
    assert (again.returncode, again.stderr) == (1, f"lfd: message {number} is not in quarantine\n")


def test_a_directory_with_mistakes_loads_nothing(exchange: Exchange, tmp_path: Path) -> None:
    file = write(tmp_path, "orgs.csv", "ods,name,type\nRT9,Nine,hospital\n")
    done = lfd("organisation", "load", file, "--data", str(exchange.data), check=False)
    assert done.returncode == 1
    assert "orgs.csv:2: type:" in done.stderr


def test_the_directory_may_come_after_the_messages(exchange: Exchange, tmp_path: Path) -> None:
    number = new_nhs_number()
    person = Person("RT7", number, "A7", practice="P81007")
    stay = Stay("V7", "20260105090000", "20260110093000", "4", "79")
    exchange.send(
        person.message("A03", "20260110100000", stay=stay, indicator="Y", diagnosis="F72")
    )
    exchange.wait_settled()
    rows = "ods,name,type,parent\nRT7,Trust Seven,acute,\nP81007,Seven,gp,QX1\n"
    file = write(tmp_path, "orgs.csv", rows)
    lfd("organisation", "load", file, "--data", str(exchange.data))
    found = exchange.search("QX1", "icb", "Task", number)
    assert {task["owner"]["display"] for task in found} == {"Trust Seven", "Board One"}


@pytest.mark.parametrize(
    "words",
    [
        ["up"], ["registry"], ["adapter"], ["demo"], ["convert"], ["send"], ["token"], ["explain"],
        ["organisation", "load"], ["client", "add"], ["quarantine", "list"],
        ["quarantine", "show"], ["quarantine", "release"],
    ],
)  # fmt: skip
def test_help_has_an_example(words: list[str]) -> None:
    shown = lfd(*words, "--help").stdout
    assert f"  lfd {' '.join(words)}" in shown.partition("examples:")[2]


@pytest.mark.parametrize(
    ("asked", "codes"), [("NE|NE", []), ("AL|NE", ["CA"]), ("AL|AL", ["CA", "AA"])]
)
def test_send_prints_the_answers_a_message_asks_for(
    exchange: Exchange, asked: str, codes: list[str]
) -> None:
    wanted = ADMIT.replace("|P|2.4\r", f"|P|2.4|||{asked}\r")
    answers = exchange.send(wanted, ADMIT)
    assert [answer.split("|")[1] for answer in answers] == [*codes, "AA"]


def test_explain_gives_facts_conclusions_rules_and_messages(exchange: Exchange) -> None:
    number = new_nhs_number()
    exchange.send(*in_hospital(number))
    exchange.wait_settled()
    data = ["--data", str(exchange.data)]
    told = lfd("explain", f"{number[:3]} {number[3:6]} {number[6:]}", *data).stdout
    for part in (
        f"RT1 A03 A{number}-2",
        "died 10 January 2026",
        "[died-in-spell]",
        "[died-in-care]",
        "Trust One, message",
    ):
        assert part in told
    as_data = json.loads(lfd("explain", number, "--json", *data).stdout)
    assert {c["about"] for c in as_data["conclusions"]} >= {"identity", "death", "review"}
    nobody = lfd("explain", new_nhs_number(), *data, check=False)
    assert (nobody.returncode, nobody.stderr.count("\n")) == (1, 1)
