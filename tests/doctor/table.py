"""DNS as a table, for tests: no question leaves this machine."""

from collections.abc import Mapping, Sequence

from jobscore.doctor.dns import DnsError


class Table:
    """Answers from what it was given; counts the questions. ``silent`` names get no answer."""

    def __init__(
        self,
        txt: Mapping[str, Sequence[str]] | None = None,
        *,
        mx: Mapping[str, Sequence[str]] | None = None,
        hosts: Mapping[str, Sequence[str]] | None = None,
        ptr: Mapping[str, Sequence[str]] | None = None,
        silent: Sequence[str] = (),
    ) -> None:
        self.texts, self.mxs = dict(txt or {}), dict(mx or {})
        self.hosts, self.ptrs = dict(hosts or {}), dict(ptr or {})
        self.silent = set(silent)
        self.asked: list[str] = []

    def _answer(self, table: Mapping[str, Sequence[str]], name: str) -> Sequence[str]:
        self.asked.append(name)
        if name in self.silent or "*" in self.silent:
            raise DnsError(f"{name}: Timeout")
        return table.get(name, ())

    def txt(self, name: str) -> Sequence[str]:
        return self._answer(self.texts, name)

    def mx(self, name: str) -> Sequence[str]:
        return self._answer(self.mxs, name)

    def addresses(self, name: str) -> Sequence[str]:
        return self._answer(self.hosts, name)

    def names(self, address: str) -> Sequence[str]:
        return self._answer(self.ptrs, address)
