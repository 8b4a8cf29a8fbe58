"""Blocks of people become letters, here or in other processes, which read for themselves.

A block is a question: for these people, which letters does the database make of the day? The
answer is written by whoever asked (``digests.writing``), who looks again at what may have changed.
"""

import gc
import json
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from typing import Any, NamedTuple

from flask import Flask, current_app

from jobscore import config
from jobscore.digests import contents, emails, links, reading
from jobscore.digests.postings import Postings
from jobscore.emails import service as outbox
from jobscore.emails import suppression
from jobscore.emails.models import EmailType
from jobscore.extensions import db
from jobscore.web.i18n import speaking

#: People from which further processes pay: each begins with words of its own.
POOL_PAYS = 1_000
#: Blocks that wait for each further process.
_AHEAD = 2
_WATCH_SECONDS = 5.0
#: ``digest_items.components`` of a choice.
_PARTS = json.dumps(dict.fromkeys(reading.COMPONENTS, "%s")).replace('"%s"', "%s")


class Item(NamedTuple):
    """One job of a letter as ``digest_items`` keeps it, its place being that in the letter."""

    match_id: int
    job_id: int
    section: str
    title: str
    company: str
    total: float
    #: Both as JSON text.
    components: str
    weights: str


class Letter(NamedTuple):
    """A composed letter, not yet in the log. A tuple of plain values, which travels fast."""

    user_id: int
    email: str
    locale: str
    subject: str
    #: Both bodies as the log keeps them: packing takes as long as composing, so it is shared too.
    text_z: bytes
    html_z: bytes
    unsubscribe_url: str
    policy_version: str
    items: tuple[Item, ...]


class Block(NamedTuple):
    """What came of some people, in their order; seconds of reading and of composing."""

    letters: tuple[Letter, ...]
    #: People without a letter, by reason.
    skipped: dict[str, int]
    read: float
    compose: float


#: People, and what came of them.
Composed = tuple[Sequence[int], Block]


class Scribe:
    """Composes blocks, one after the other, and remembers words and postings between them."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._weights = reading.policy_weights()
        self._composers: dict[str, emails.Composer] = {}
        self._postings = Postings()

    def block(self, ids: Sequence[int]) -> Block:
        """Return the letters of those of some people who are due. Reads only."""
        began = time.monotonic()
        people = reading.due_among(self._on, ids)
        found = reading.choices_of(people, self._on, self._postings)
        closed = suppression.suppressed({p.email for p in people}, EmailType.DIGEST)
        # end the reading transaction: the one that writes begins with a fresh look
        db.session.rollback()
        read = time.monotonic()
        skipped: Counter[str] = Counter()
        letters: dict[int, Letter] = {}
        for locale in sorted({person.reader.locale for person in people}):
            with speaking(locale):
                composer = self._composers.get(locale)
                if composer is None:
                    composer = self._composers[locale] = emails.Composer(locale)
                for person in people:
                    if person.reader.locale != locale:
                        continue
                    choices = found.get(person.reader.user_id, [])
                    good = above_minimum(choices, person.minimum)
                    if person.email in closed:
                        skipped["suppressed"] += 1
                    elif not choices:
                        skipped["no_matches"] += 1
                    elif not good:
                        skipped["below_minimum"] += 1
                    else:
                        letter = self._letter(composer, person, good)
                        letters[person.reader.user_id] = letter
        in_order = tuple(letters[user_id] for user_id in sorted(letters))
        return Block(in_order, dict(skipped), read - began, time.monotonic() - read)

    def _letter(
        self, composer: emails.Composer, person: reading.Person, choices: Sequence[reading.Choice]
    ) -> Letter:
        reader = person.reader
        unsubscribe = links.unsubscribe_url(reader.user_id)
        picks = [choice.pick for choice in choices]
        made = composer.compose(reader, picks, self._on, unsubscribe)
        version = choices[0].policy_version
        return Letter(
            reader.user_id,
            person.email,
            reader.locale,
            made.subject,
            outbox.pack(made.text),
            outbox.pack(made.html),
            unsubscribe,
            version,
            tuple([self._item(choice) for choice in choices]),
        )

    def _item(self, choice: reading.Choice) -> Item:
        pick = choice.pick
        parts = tuple(["null" if part is None else repr(part) for part in choice.components])
        return Item(
            pick.match_id,
            pick.posting.id,
            pick.section,
            pick.posting.title,
            pick.posting.company,
            pick.total,
            _PARTS % parts,
            choice.own_weights or self._weights.get(choice.policy_version, "{}"),
        )


def above_minimum(choices: Sequence[reading.Choice], minimum: int) -> list[reading.Choice]:
    """Return the choices whose score, as it is shown, reaches a person's own minimum."""
    return [c for c in choices if contents.shown_score(c.pick.total) >= minimum]


# ---- the blocks, here and in other processes -------------------------------------------------


def blocks(ids: Sequence[int], on: date) -> Iterator[Composed]:
    """Yield everybody in blocks with their letters, as they are done, in no certain order.

    Whoever asks takes part: while no block is ready, this process composes one itself. So there
    is one process fewer than cores, and none idles. With few people there is none.
    """
    waiting = deque(ids[i : i + reading.BLOCK] for i in range(0, len(ids), reading.BLOCK))
    others = _process_count(len(ids)) - 1
    scribe = Scribe(on)
    if others < 1:
        for group in waiting:
            yield group, scribe.block(group)
        return
    begun: deque[tuple[Sequence[int], Future[Block]]] = deque()
    with _pool(others, on) as pool:
        while waiting or begun:
            while waiting and len(begun) < _AHEAD * others:
                group = waiting.popleft()
                begun.append((group, pool.submit(_compose, group)))
            if begun and (begun[0][1].done() or not waiting):
                group, future = begun.popleft()
                yield group, future.result()
            else:
                group = waiting.popleft()
                yield group, scribe.block(group)


def _process_count(people: int) -> int:
    """Return how many processes to use: one unless there are many people and forking is safe."""
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    if people < POOL_PAYS or not can_fork:
        return 1
    return config.current().workers or os.cpu_count() or 1


_shared: tuple[Flask, date] | None = None
_scribe: Scribe | None = None


def _pool(processes: int, on: date) -> ProcessPoolExecutor:
    """Return a pool whose processes have connections of their own."""
    global _shared
    app: Any = current_app
    _shared = app._get_current_object(), on
    # a connection must not be open in two processes (https://www.sqlite.org/howtocorrupt.html 2.6)
    db.session.remove()
    db.engine.dispose()
    return ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_begin,
        initargs=(os.getpid(),),
    )


def _begin(parent: int) -> None:
    """Set up a process: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    # what was built stays: looking through it for garbage would copy it
    gc.freeze()


def _compose(ids: Sequence[int]) -> Block:
    """Run in another process."""
    global _scribe
    if _shared is None:
        raise RuntimeError("a worker process was started without the application")
    app, on = _shared
    with app.app_context():
        if _scribe is None:
            _scribe = Scribe(on)
        return _scribe.block(ids)
