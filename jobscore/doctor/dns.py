"""Questions to DNS, and the resolver of this machine that answers them."""

from collections.abc import Sequence
from typing import Protocol

import dns.exception
import dns.resolver
import dns.reversename

#: Seconds for one question, all servers and tries included.
PATIENCE = 4.0


class DnsError(Exception):
    """No answer came: no network, no server, or a server that fails. Nothing is known."""


class Dns(Protocol):
    """What is asked; every answer is empty where the name, or such a record, does not exist.

    All of them raise :class:`DnsError` when nobody answers.
    """

    def txt(self, name: str) -> Sequence[str]:
        """Return the texts of a name, the pieces of each put together."""
        ...

    def mx(self, name: str) -> Sequence[str]:
        """Return who takes mail for a domain, the preferred first; ``""`` stands for nobody."""
        ...

    def addresses(self, name: str) -> Sequence[str]:
        """Return the addresses of a host, IPv4 before IPv6."""
        ...

    def names(self, address: str) -> Sequence[str]:
        """Return the names that the owner of an address gives it (PTR)."""
        ...


class Resolver:
    """Asks the servers that this machine is set up with."""

    def __init__(self) -> None:
        try:
            self._resolver = dns.resolver.Resolver()
        except dns.exception.DNSException as error:
            raise DnsError("this machine names no DNS server") from error

    def txt(self, name: str) -> Sequence[str]:
        """Return the texts of a name."""
        return [
            b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")
        ]

    def mx(self, name: str) -> Sequence[str]:
        """Return who takes mail for a domain."""
        records = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [_host(record.exchange.to_text()) for record in records]

    def addresses(self, name: str) -> Sequence[str]:
        """Return the addresses of a host."""
        return [record.address for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def names(self, address: str) -> Sequence[str]:
        """Return the names of an address."""
        name = dns.reversename.from_address(address).to_text()
        return [_host(record.target.to_text()) for record in self._ask(name, "PTR")]

    def _ask(self, name: str, kind: str) -> list:  # type: ignore[type-arg]  # records of any kind
        try:
            answer = self._resolver.resolve(name, kind, lifetime=PATIENCE, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise DnsError(f"{name} {kind}: {type(error).__name__}") from error
        return list(answer)


def _host(name: str) -> str:
    return name.rstrip(".").lower()
