"""Find what postings say, in this process or in several. Pure: neither Flask nor a database.

Finding skills and features is most of the work of an import. A ``FinderPool`` does it in other
processes while this one writes; what comes back is the same.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType

from jobscore.jobs.drafts import JobDraft
from jobscore.vocabulary.finder import Found, default_finder

#: Texts sent to a process at once.
_CHUNK = 100
_WATCH_SECONDS = 5.0

Collect = Callable[[], list[Found]]


def text_of(draft: JobDraft) -> str:
    """Return the text that is searched: title and requirements first, they ask; then the rest."""
    return f"{draft.title}\n{draft.requirements}\n{draft.description}"


def find_all(texts: Sequence[str]) -> list[Found]:
    """Return what each text says."""
    find = default_finder().find
    return [find(text) for text in texts]


class FinderPool:
    """Processes that find; with fewer than two it finds here, when the result is collected.

    Use it as a context manager: the processes end with the block, or soon after this process if it
    is killed.
    """

    def __init__(self, processes: int) -> None:
        self._executor: ProcessPoolExecutor | None = None
        if processes > 1:
            self._executor = ProcessPoolExecutor(
                processes,
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
        texts = [text_of(draft) for draft in drafts]
        if self._executor is None:
            return lambda: find_all(texts)
        executor = self._executor
        futures: list[Future[list[Found]]] = [
            executor.submit(find_all, texts[start : start + _CHUNK])
            for start in range(0, len(texts), _CHUNK)
        ]
        return lambda: [found for future in futures for found in future.result()]


def _prepare(parent: int) -> None:
    """Set up a finding process: leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    default_finder()
