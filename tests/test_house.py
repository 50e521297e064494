"""The laws of the house, 1: what stands in one place only. Acts and words have their own files, imports theirs.

A law names its exceptions with their reasons; an exception that is gone must leave the list too.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import Any, cast

import pytest
from sources import Matches, called, is_call, last_name, places
from sqlalchemy.orm import LoaderCriteriaOption

from models.access import confine
from models.actors import Actor
from models.base import Base, Confidential
from models.exchanges import TRANSITIONS, DocumentStatus
from models.tables import MODULES

SESSIONS = {
    "models.migrations": "its own transactions, before any act",
    "resolvers.claims": "takes a key in the session that Work hands it",
    "resolvers.context": "Work",
    "resolvers.reading": "Reading",
    "resolvers.ports": "the promise of `Database`",
    "resolvers.recording": "writes entries and letters in the session that Work hands it",
    "resolvers.rights": "reads the rights in the session that Reading and Work hand it",
    "server.database": "opens and commits, on SQLite",
    "server.postgres": "opens and commits, on PostgreSQL",
}
ROLES = {
    "models.access:acts_as_operator": "the place for it",
    "models.access:_member_roles": "the role table's own question",
    "models.members:Member.change": "the rule that changes it",
    "models.members:Member.is_admin": "the one word for it",
    "resolvers.members:_admins": "rows to lock, so that the last administrator is counted",
    "resolvers.colleagues:_passes": "a filter of the members' list that the client chose",
    "server.demo.cast:Household.admin": "the demo's own cast, no member",
}
ACROSS = {
    "resolvers.checking_journals:journals": ("every journal, an archive's too; System", 1),
    "resolvers.checking_journals:_end": ("the same", 1),
    "resolvers.checking_journals:_members": ("an archive's owner is no member to anybody; System", 1),
    "resolvers.codes:spend": ("an account and its code, by the code", 2),
    "resolvers.codes:_is_newest": ("the account's own codes, by one of them", 1),
    "resolvers.codes:end_all": ("the account's own codes", 1),
    "resolvers.archives:_held": ("the caller's place in his own archive, hidden even from him", 1),
    "resolvers.archives:cabinets_at": ("the archives of the people addressed", 1),
    "resolvers.archives:share": ("the newcomer's archive, and what he has seen of it: his documents move", 2),
    "resolvers.chain:heads": ("the ends of all journals, for a backup; System", 1),
    "resolvers.chain:verify": ("any journal's end, an archive's too; System", 1),
    "resolvers.documents:acting": ("the caller's own place, hidden in his archive", 1),
    "resolvers.documents:both_sides": ("the other cabinet's view follows the exchange", 2),
    "resolvers.documents:_delivered_before": ("the exchange sees no cabinet, but knows its own external id", 1),
    "resolvers.letters:_may_be_read": ("an archive's owner is no member to anybody; System", 1),
    "resolvers.members:unblock": ("counts entries that no member manager reads", 1),
    "resolvers.owner:exchange_token": ("a token of no cabinet; System", 1),
    "resolvers.people:organizations_of": ("a blocked member reads the name of his former organisation", 1),
    "resolvers.routing:organization": ("organisations belong to nobody", 1),
    "resolvers.routing:cabinet_of": ("a document finds the recipient's cabinet", 1),
    "resolvers.routing:_accounts": ("accounts are found by address", 1),
    "resolvers.routing:held_account": ("the account of an address that is to be a cabinet's manager", 1),
    "resolvers.routing:lock_accounts": ("accounts that documents are on their way to", 1),
    "resolvers.routing:_is_known": ("whether an addressee is or was a member there: it decides where to", 1),
    "resolvers.sessions:begin": ("an account; its password was checked", 1),
    "resolvers.sessions:_end_all": ("the account's own logins, by its code", 1),
    "resolvers.sessions:memberships": ("the account's own memberships, by its code or its key", 1),
    "resolvers.signatures:_signatory": ("as whom the caller prepared it; hidden in his archive", 1),
    "resolvers.signatures:_refuse": ("a blocked member's intent and document, for the trace of the refusal", 2),
    "resolvers.signatures:_require_new": ("a signature value is unique on this server", 1),
    "resolvers.signatures:_own_intent": ("the caller's own intents, blocked or not, for the same trace", 1),
}
BELOW_ORM = {
    "models.certificates:Certificate": "conditions of a partial index",
    "models.exchanges:Exchange": "conditions of a partial index",
    "models.journal:Delivery": "conditions of a partial index",
    "models.tables:": "names the metadata for migrations",
    "resolvers.claims:claim": "takes a key or waits for who has it: ON CONFLICT DO NOTHING",
    "resolvers.letters:_taking": "takes mailboxes, one UPDATE … RETURNING, so that two postmen never have the same",
    "resolvers.reading:key_of": "the name of the key column of any table; what is selected is the row class",
    "resolvers.recording:Recorder._enter": "takes the cabinet's next number",
    "resolvers.recording:Recorder._owe": "writes the letters owed, one INSERT … SELECT over the members",
    "server.database:SqliteDatabase.open": "asks whether the file can be written",
    "server.database:SqliteDatabase._checkpoint": "SQLite's own housekeeping",
    "server.database:_engine.start": "BEGIN, and BEGIN IMMEDIATE",
    "server.demo.plate:": "asks PostgreSQL's own catalogue what is there, before there are models to ask",
    "server.demo.plate:_hang": "makes and drops tables: the demo's own mark, and a seeding that was cut off",
    "server.demo.plate:_require_own": "reads the demo's mark, a table that no installation has",
    "server.migrate:_file.begin": "BEGIN IMMEDIATE",
    "server.migrate:_versions_on_server": "the revisions that a database is at, before there are models to ask",
    "server.migrate:_upgrade_on_server": "its encoding, before the first revision",
    "server.postgres:PostgresDatabase.open": "asks whether the database can be written",
}
BIRTHS = {
    "models.documents:Document.view": "a view begins with its exchange's status",
    "resolvers.documents:_take": "what the exchange delivers begins delivered",
    "resolvers.drafts:_blank": "a draft begins as one",
}
UNCONFINED = {
    "User": "an account; what is private of it is asked for its own holder alone (resolvers.people)",
    "Session": "asked by the actor's own account",
    "OneTimeCode": "asked by its digest",
    "Tally": "digests; counted for whoever tries, shown to nobody",
    "Certificate": "asked by the actor's own account, or by a member that is visible",
    "Challenge": "asked by the actor's own account",
    "Exchange": "reached through a visible Document; both sides have it",
    "Party": "reached through a visible Document's exchange",
    "DocumentAct": "reached through a visible Document's exchange",
    "Signature": "reached through a visible Document's exchange",
    "Seen": "reached through a visible Document",
    "Delivery": "the postman's, System",
    "Mailbox": "the postman's, System",
    "MemberPeriod": "reached through a visible Member",
    "Move": "reached through a visible Document",
    "Organization": "the names of organisations are nobody's secret",
    "IdempotencyKey": "asked by the caller's own name and the digest of his key",
    "Upload": "its maker's, person or token; compared by resolvers.documents.own_upload and resolvers.uploads.own",
}


def modules_of(found: Counter[str]) -> set[str]:
    return {place.partition(":")[0] for place in found}


def has_name(*names: str) -> Matches:
    return lambda node: isinstance(node, ast.Name | ast.Attribute) and last_name(node) in names


def test_sessions_have_few_holders() -> None:
    """A session is only had through `reading()` or `work(verb)`; only the two adapters make one and commit."""
    holders = places(has_name("AsyncSession", "async_sessionmaker", "sessionmaker"))
    assert modules_of(holders) <= set(SESSIONS)
    assert modules_of(places(is_call("AsyncSession", "sessionmaker", "async_sessionmaker"))) == {"server.database"}
    committing = modules_of(places(is_call("commit", "rollback", "begin_nested")))
    assert committing <= {"server.database", "server.postgres"}


def test_the_database_is_opened_at_two_places() -> None:
    """`Context._open` takes snapshots, `Context._transaction` transactions; nobody else asks the port for either."""
    assert places(is_call("snapshot")) == {"resolvers.context:Context._open": 1}
    opened = places(is_call("transaction"))
    assert opened == {
        "resolvers.context:Context._transaction": 1,
        "server.database:SqliteDatabase.open": 1,  # proves at start that the file can be written
        "server.postgres:PostgresDatabase.open": 1,  # the same of the server's database
    }


def test_roles_are_compared_in_models() -> None:
    """Who may do what is decided in models/access.py; a role is compared nowhere else, but for named reasons."""
    assert set(places(compares_a_role)) == set(ROLES)


def compares_a_role(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare):
        return False
    parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
    attributes = [part for part in parts if isinstance(part, ast.Attribute)]
    return any(part.attr == "role" or last_name(part.value) in ("Role", "MemberRole") for part in attributes)


def test_there_is_one_clock() -> None:
    """The machine's clock is read in server/clock.py alone: all others ask the port, a test can move it."""
    assert set(places(reads_the_clock)) == {"server.clock:SystemClock.now"}
    measured = places(is_call("monotonic", "perf_counter"))
    assert set(measured) <= {"server.demo.command:_seed"}, "durations are measured for people, never decided by"


def reads_the_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr in ("utcnow", "today", "current_timestamp", "utcfromtimestamp"):
        return True
    owner = last_name(node.func.value)
    return (node.func.attr, owner) in (("now", "datetime"), ("now", "func"), ("time", "time"), ("time_ns", "time"))


def test_settings_alone_read_the_environment() -> None:
    """`os.environ` is read in server/settings.py alone: a setting that is not declared does not exist."""
    found = places(has_name("environ", "getenv", "environb"))
    assert modules_of(found) == {"server.settings"}


def test_statements_are_of_the_orm() -> None:
    """The tenancy criteria do not reach Core tables, `text()` and DML: banned outside migrations, but where named."""
    below = places(goes_below_the_orm, "schema", "resolvers", "models", "server")
    assert set(below) == set(BELOW_ORM)


def goes_below_the_orm(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("__table__", "__mapper__", "metadata") and last_name(node.value) != "self"
    if not isinstance(node, ast.Call):
        return False
    is_function = isinstance(node.func, ast.Name) and node.func.id in ("text", "insert", "update", "delete", "Table")
    return is_function or called(node) in ("exec_driver_sql", "execute_fetchall", "from_statement")


def test_rows_are_locked_in_one_place() -> None:
    """«One guard, one order of locks»: a plain FOR UPDATE waits for whoever only names the row, and so in a circle."""
    assert modules_of(places(is_call("with_for_update"))) == {"resolvers.locks"}


def test_what_crosses_cabinets_is_counted() -> None:
    """A statement beyond the caller's cabinets says so by its name, and each one is known here with its reason."""
    assert places(is_call("across", "rows_across")) == {place: count for place, (_, count) in ACROSS.items()}


def test_confinement_reaches_every_table_or_has_a_reason() -> None:
    """C17, tenancy: every table is confined by `models.access.confine`, or named here with the reason."""
    criteria = [cast(LoaderCriteriaOption, option) for option in confine(Actor(user_id=1))]
    confined = {cast(Any, option).entity.class_ for option in criteria}
    assert set(Confidential.__subclasses__()) <= confined
    others = {mapper.class_ for mapper in Base.registry.mappers} - confined
    assert {table.__name__ for table in others} == set(UNCONFINED)


def test_every_table_is_known_to_migrations() -> None:
    """models/tables.py imports each module that has a table: a forgotten one would have no migration."""
    assert {mapper.class_.__module__ for mapper in Base.registry.mappers} == {module.__name__ for module in MODULES}


def test_a_status_changes_in_one_place() -> None:
    """D3: `Exchange.move` asks the one transition table; views follow; nothing else sets a status once it is there."""
    assert set(places(sets("status"))) == {"models.exchanges:Exchange.move", "models.documents:Document.follow"}
    assert set(places(makes_with_status)) == set(BIRTHS)
    assert places(is_call("setattr")) == {}


def sets(attribute: str) -> Matches:
    return lambda node: (
        isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Store | ast.Del)
    )


def makes_with_status(node: ast.AST) -> bool:
    is_made = isinstance(node, ast.Call) and called(node) in ("Exchange", "Document", "cls", "values")
    return is_made and "status" in {keyword.arg for keyword in cast(ast.Call, node).keywords}


def test_states_change_in_one_place_each() -> None:
    """A membership's state is changed by `_become` (which kills links and intents), a letter's by `settle`."""
    assert set(places(sets("state"))) == {"models.members:Member._become", "models.journal:Delivery.settle"}


@pytest.mark.parametrize("status", DocumentStatus)
def test_every_status_stands_in_the_transition_table(status: DocumentStatus) -> None:
    """D3: each status has its row, is reached from DRAFT (or a delivery), and an end has no way out."""
    reachable = {DocumentStatus.DRAFT}.union(*TRANSITIONS.values())
    assert status in TRANSITIONS
    assert status in reachable
    assert status not in TRANSITIONS[status]
