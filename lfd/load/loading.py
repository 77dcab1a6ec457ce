"""One load from its first file to its last: read, judged, kept, and waited for."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

from adapter import database as adapter_database
from adapter.history.judging import LEFT_OUT, Judge, Judged
from adapter.history.ledger import AnotherLoad, File, Kept, Ledger, Problem, Stands, Stretch
from adapter.history.pacing import Pace
from adapter.treatment import QUARANTINED
from lfd.collector import spare_the_collector
from lfd.cores import cores, in_order
from lfd.failure import Failure
from lfd.load.batches import MOST_MESSAGES, Batch, Batches, JudgeBatch
from lfd.load.files import found, total_bytes
from lfd.load.progress import LoadProgress
from lfd.load.report import Report
from lfd.place import database
from lfd.site import site

SOME_FAULTS = 2
_LOOK_EVERY = 0.05
_LONG = 60.0
_NOBODY_DELIVERS = (
    "it waits for the adapter to deliver what is loaded: does one run on this database, and does "
    "it reach the registry?"
)


def run(chosen: Namespace) -> int:
    """Takes files and folders and where to; loads them, or with --check only judges them."""
    files = found(chosen.paths)
    if not files:
        raise Failure("there is no file in what was named")
    with _problems(chosen.problems) as every:
        report = Report(every, sys.stdout if chosen.check else None)
        if chosen.check:
            _check(chosen, files, report)
        else:
            with database(chosen, makes=True) as url:
                adapter_database.prepare(url)
                with closing(Ledger(url)) as ledger:
                    _Load(chosen, files, ledger, report).run()
    for line in report.told():
        print(line)
    return SOME_FAULTS if report.has_faults else 0


def _check(chosen: Namespace, files: Sequence[Path], report: Report) -> None:
    """Judges everything and keeps nothing."""
    progress = LoadProgress(total_bytes(files))
    read_from = site(chosen.site, chosen.organisation)
    batches = Batches(files, read_from.organisation, lambda _: Stands())
    judge = JudgeBatch(Judge(read_from))
    spare_the_collector()
    for batch, judged in in_order(judge, iter(batches), chosen.processes or cores()):
        for part, results in zip(batch.parts, judged, strict=True):
            report.files += part.finished
            for piece, one in zip(part.pieces, results, strict=True):
                report.outcomes[one.state] += bool(piece.number)
                problems = [
                    Problem(piece.number, piece.place, None, why.code, why.location, why.text)
                    for why in one.reasons
                ]
                report.add(part.file, [(problem, one.state) for problem in problems])
        _show(progress, report, batch)
    progress.end()


class _Load:
    """One load, from its first file to its last."""

    def __init__(
        self, chosen: Namespace, files: Sequence[Path], ledger: Ledger, report: Report
    ) -> None:
        self._chosen = chosen
        self._ledger = ledger
        self._report = report
        self._site = site(chosen.site, chosen.organisation)
        self._pace = Pace(chosen.rate)
        self._progress = LoadProgress(total_bytes(files))
        most = min(MOST_MESSAGES, chosen.rate or MOST_MESSAGES)
        self._batches = Batches(files, self._site.organisation, self._stands, most)

    def run(self) -> None:
        judge = JudgeBatch(Judge(self._site))
        spare_the_collector()
        processes = self._chosen.processes or cores()
        try:
            for batch, judged in in_order(judge, iter(self._batches), processes):
                self._wait_for(batch, judged)
                self._took(batch, self._ledger.keep(list(_stretches(batch, judged))))
        except AnotherLoad as error:
            raise Failure(
                f"{error}: another `lfd load` is reading it; let one of them end"
            ) from error
        if self._chosen.wait:
            self._until_delivered()
        self._progress.end()

    def _stands(self, file: File) -> Stands:
        """Where a file stands; what an earlier run did is part of the report."""
        if self._chosen.from_start:
            self._ledger.forget(file)
            return Stands()
        stands = self._ledger.stands(file)
        self._report.files += stands.finished
        self._report.outcomes.update(stands.outcomes)
        if stands.done or stands.finished:
            earlier = self._ledger.problems(file)
            kept = (one for one in earlier if one.number or stands.finished)
            self._report.add(file, ((one, _outcome(one)) for one in kept))
        return stands

    def _wait_for(self, batch: Batch, judged: Sequence[Sequence[Judged]]) -> None:
        """Waits until it is this batch's turn, and there is room before the delivery."""
        time.sleep(self._pace.wait(batch.messages))
        if not any(one.bundle for part in judged for one in part):
            return
        ahead = self._chosen.ahead
        self._wait_while(lambda: self._ledger.waiting(ahead) >= ahead)

    def _took(self, batch: Batch, kept: Kept) -> None:
        self._report.outcomes.update(kept.outcomes)
        self._report.files += sum(part.finished for part in batch.parts)
        for file, problem in kept.problems:
            self._report.add(file, [(problem, _outcome(problem))])
        _show(self._progress, self._report, batch)

    def _until_delivered(self) -> None:
        newest = self._ledger.newest()
        self._wait_while(lambda: self._ledger.undelivered(newest) > 0)

    def _wait_while(self, holds: Callable[[], bool]) -> None:
        """Waits for the adapter; says so when that takes long."""
        began, noted = time.monotonic(), False
        while holds():
            if not noted and time.monotonic() - began >= _LONG:
                self._progress.note(_NOBODY_DELIVERS)
                noted = True
            time.sleep(_LOOK_EVERY)


def _stretches(batch: Batch, judged: Sequence[Sequence[Judged]]) -> Iterator[Stretch]:
    for part, results in zip(batch.parts, judged, strict=True):
        yield Stretch(part.file, part.was, part.pieces, results, part.finished)


def _outcome(problem: Problem) -> str:
    return LEFT_OUT if problem.inbox_id is None else QUARANTINED


def _show(progress: LoadProgress, report: Report, batch: Batch) -> None:
    outcomes = report.outcomes
    messages = sum(outcomes.values())
    progress.show(messages, batch.done_bytes, outcomes[QUARANTINED], outcomes[LEFT_OUT])


@contextmanager
def _problems(path: Path | None) -> Generator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or 'cannot be written'}") from error
