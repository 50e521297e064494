"""The stage of the demo: the world under a clock that seeding sets, and everybody's way into it.

Acts are those of `resolvers`, as the person whose act it is; what a client would bring (a token, a code) is passed by.
"""

from dataclasses import dataclass, field
from datetime import datetime

from resolvers.context import Client, Context
from resolvers.ports import Outside
from resolvers.rights import Principal
from resolvers.routing import OrganizationName
from server.demo.cast import Firm, Operator, Person

EXCHANGE = "demo-exchange"
"""Name of the exchange's token."""


@dataclass
class SetClock:
    """A clock that shows what it was set to."""

    at: datetime

    def now(self) -> datetime:
        """Aware, UTC."""
        return self.at


@dataclass
class Stage:
    """Who has come on so far: accounts and certificates by address, cabinets by organisation; ids of rows."""

    world: Outside
    clock: SetClock
    accounts: dict[str, int] = field(default_factory=dict)
    certificates: dict[str, int] = field(default_factory=dict)
    cabinets: dict[Firm, int] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)
    """The cabinet of each member, by his address."""
    exchange_token_hash: str | None = None

    def as_person(self, person: Person | Operator) -> Context:
        """A member or an operator at his desk."""
        return self._as(Principal(user_id=self.accounts[person.email]))

    def as_exchange(self) -> Context:
        """The exchange, which brings what comes from outside."""
        return self._as(Principal(token_hash=self.exchange_token_hash))

    def as_server(self) -> Context:
        """The server's owner, and the server itself."""
        return self._as(Principal(is_system=True))

    def as_anybody(self) -> Context:
        """Somebody who has not logged in."""
        return self._as(Principal())

    def _as(self, principal: Principal) -> Context:
        # 192.0.2.0/24 is for documentation (RFC 5737).
        return Context(self.world, principal, Client(address="192.0.2.10", user_agent="demo"))


def named(firm: Firm) -> OrganizationName:
    """An organisation as a client names it."""
    return OrganizationName(tax_id=firm.tax_id, name=firm.name)
