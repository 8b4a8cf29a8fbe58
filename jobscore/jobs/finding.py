"""Find what postings say, in this process or in several. Pure: neither Flask nor a database.

Finding skills and features is most of the work of an import. A ``FinderPool`` does it in other
processes while this one writes; what comes back is the same.
"""

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType

from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.extraction import Extract, extract
from jobscore.vocabulary.finder import default_finder

#: Texts sent to a process at once.
_CHUNK = 50
_WATCH_SECONDS = 5.0

Collect = Callable[[], list[Extract]]
#: Title, requirements, description.
Texts = tuple[str, str, str]


def find_all(texts: Sequence[Texts]) -> list[Extract]:
    """Return what each posting says."""
    return [extract(*one) for one in texts]


class FinderPool:
    """Processes that find; with fewer than two it finds here, when the result is collected.

    The process that asks takes part: what nobody has begun when it needs the result, it finds
    itself. So there is one process fewer than given, and no core idles.

    Use it as a context manager: the processes end with the block, or soon after this process if it
    is killed.
    """

    def __init__(self, processes: int) -> None:
        self._executor: ProcessPoolExecutor | None = None
        if processes > 1:
            self._executor = ProcessPoolExecutor(
                processes - 1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_prepare,
                initargs=(os.getpid(),),
            )

    def __enter__(self) -> "FinderPool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def submit(self, drafts: Sequence[JobDraft]) -> Collect:
        """Begin to find; return a callable that waits for the results, in order."""
        texts = [(draft.title, draft.requirements, draft.description) for draft in drafts]
        if self._executor is None:
            return lambda: find_all(texts)
        chunks = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
        futures = [self._executor.submit(find_all, chunk) for chunk in chunks]
        return lambda: _collect(chunks, futures)


def _collect(chunks: list[list[Texts]], futures: list[Future[list[Extract]]]) -> list[Extract]:
    """Return all results in order; find here, from the end, what no process has begun."""
    here = {}
    for index in range(len(futures) - 1, -1, -1):
        if futures[index].cancel():
            here[index] = find_all(chunks[index])
    return [
        found
        for index, future in enumerate(futures)
        for found in (here[index] if index in here else future.result())
    ]


def _prepare(parent: int) -> None:
    """Set up a finding process: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    default_finder()
    # What was built stays; looking through it for garbage again and again took a third of the time.
    gc.collect()
    gc.freeze()
