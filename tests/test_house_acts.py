"""The laws of the house, 2: verbs and acts. One root mutation field is one transaction, a query is none."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache

import pytest
from sources import functions, is_call, last_name, modules, nodes, places, places_of, reached, references

from models.access import ALLOWED, QUIET, Role, Verb
from schema.root import build

ACTS: dict[Verb, set[str]] = {
    Verb.LOG_IN: {"resolvers.sessions:begin"},
    Verb.TRY_LOGIN: {"resolvers.sessions:_count"},
    Verb.LOG_OUT: {"resolvers.sessions:log_out"},
    Verb.REQUEST_PASSWORD: {"resolvers.accounts:request_reset"},
    Verb.SET_PASSWORD: {"resolvers.sessions:set_password"},
    Verb.UPDATE_ACCOUNT: {"resolvers.accounts:update"},
    Verb.CONFIRM_EMAIL: {"resolvers.accounts:confirm_email"},
    Verb.CHALLENGE_CERTIFICATE: {"resolvers.certificates:challenge"},
    Verb.REGISTER_CERTIFICATE: {"resolvers.certificates:register"},
    Verb.REMOVE_CERTIFICATE: {"resolvers.certificates:remove"},
    Verb.CREATE_CABINET: {"resolvers.cabinets:create"},
    Verb.ADD_MEMBER: {"resolvers.members:add"},
    Verb.BLOCK_MEMBER: {"resolvers.members:block"},
    Verb.UNBLOCK_MEMBER: {"resolvers.members:unblock"},
    Verb.REMOVE_MEMBER: {"resolvers.members:remove"},
    Verb.UPDATE_CABINET: {"resolvers.cabinets:update"},
    Verb.ASSIGN_OPERATOR: {"resolvers.cabinets:assign"},
    Verb.UNASSIGN_OPERATOR: {"resolvers.cabinets:unassign"},
    Verb.CREATE_TOKEN: {"resolvers.tokens:create"},
    Verb.REVOKE_TOKEN: {"resolvers.tokens:revoke"},
    Verb.UPDATE_MEMBER: {"resolvers.members:change"},
    Verb.INVITE_AGAIN: {"resolvers.invitations:send_again"},
    Verb.UPLOAD_FILE: {"resolvers.uploads:announce"},
    Verb.STORE_FILE: {"resolvers.uploads:store"},
    Verb.SAVE_DRAFT: {"resolvers.drafts:begin", "resolvers.drafts:change"},
    Verb.DELETE_DRAFT: {"resolvers.drafts:delete"},
    Verb.SEND_DOCUMENT: {"resolvers.drafts:send"},
    Verb.RECEIVE_DOCUMENT: {"resolvers.documents:receive"},
    Verb.PREPARE_SIGNATURE: {"resolvers.intents:prepare"},
    Verb.SIGN_DOCUMENT: {"resolvers.signatures:sign"},
    Verb.REJECT_DOCUMENT: {"resolvers.documents:reject"},
    Verb.WITHDRAW_DOCUMENT: {"resolvers.documents:withdraw"},
    Verb.ARCHIVE_DOCUMENT: {"resolvers.documents:archive"},
    Verb.VIEW_DOCUMENT: {"resolvers.documents:mark_viewed"},
    Verb.DOWNLOAD_DOCUMENT: {"resolvers.uploads:note_download"},
    Verb.EXPIRE_DOCUMENT: {"resolvers.documents:expire"},
    Verb.SEND_LETTER: {
        "resolvers.codes:_owe",
        "resolvers.letters:take",
        "resolvers.letters:release",
        "resolvers.letters:release_all",
        "resolvers.letters:settle",
        "resolvers.letters:postpone",
        "server.demo.seed:_write_off_letters",
    },
    Verb.USE_SESSION: {"resolvers.sessions:touch"},
    Verb.FORGET_KEYS: {"resolvers.repeats:forget"},
    Verb.OWN_SERVER: {
        "resolvers.letter_desk:send_again",
        "resolvers.letter_desk:send_failed_again",
        "resolvers.owner:make_operator",
        "resolvers.owner:exchange_token",
        "resolvers.owner:session_of",
        "resolvers.owner:make_account",
        "resolvers.owner:reset_password",
        "resolvers.owner:end_session",
        "resolvers.owner:revoke_exchange_token",
    },
}
# Acts that record sometimes, and so must be allowed to record nothing.
SOMETIMES = {
    Verb.SET_PASSWORD: "the entry is that a registration became complete",
    Verb.REGISTER_CERTIFICATE: "none when the certificate was registered before",
}
# Root mutations that lead to more than one transaction.
SEVERAL = {
    "draft_save": "begins or changes, never both",
    "session_create": "counts the try, hashes, then begins",
}
WITHOUT_A_DOOR: dict[str, str] = {}
OWNERS_ACTS = {"resolvers.owner:session_of": "asks for the account as System, then logs it in: the command line's"}
READERS: dict[str, str] = {}


@cache
def verbs() -> dict[Verb, set[str]]:
    """Which functions open `work(Verb.X)`."""
    found: defaultdict[Verb, set[str]] = defaultdict(set)
    for module in modules():
        for place, node in nodes(module):
            if isinstance(node, ast.Call) and is_call("work")(node):
                found[Verb[last_name(node.args[0])]].add(place)
    return dict(found)


@cache
def openers() -> frozenset[str]:
    """All functions that open a transaction."""
    return frozenset(places(is_call("work")))


@cache
def root_mutations() -> dict[str, str]:
    """Each root mutation field and the function that performs it."""
    found = {}
    for module in modules("schema"):
        for _, node in nodes(module):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call) and is_call("acts")(node.value):
                found[last_name(node.target)] = f"{module.name}:{last_name(node.value.args[1])}"
    return found


def everything_else() -> set[str]:
    """What the schema leads to at first, its root mutations apart."""
    performers = set(root_mutations().values())
    spoken = {
        place
        for module in modules("schema")
        for node in module.tree.body
        if f"{module.name}:{getattr(node, 'name', '')}" not in performers
        for place in places_of(module, node)
    }
    return spoken - performers


def transactions(*starts: str) -> frozenset[str]:
    """The functions that open a transaction, of all that these places lead to."""
    return reached(*starts) & openers()


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_stands_in_the_role_table(verb: Verb) -> None:
    """A verb without roles would be allowed to nobody, silently; System needs no mention, only acts of its own do."""
    assert ALLOWED[verb]
    assert Role.SYSTEM not in ALLOWED[verb] or len(ALLOWED[verb]) == 1


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_is_opened_where_expected(verb: Verb) -> None:
    """Every verb is an act, and every act its own verb: none is unused, none lends its right to another act."""
    assert verbs().get(verb, set()) == ACTS[verb]


def test_every_act_opens_one_transaction() -> None:
    """A function opens `work` at most once."""
    assert {place: count for place, count in places(is_call("work")).items() if count > 1} == {}


@pytest.mark.parametrize("verb", sorted(set(Verb) - QUIET))
def test_an_act_records(verb: Verb) -> None:
    """The beats load, rule, record, return: each act that is not QUIET records, or raises a refusal with its trace."""
    silent = [place for place in ACTS[verb] if not records(place)]
    assert [place for place in silent if "trace=" not in ast.unparse(functions()[place])] == []


def records(place: str) -> bool:
    """Whether it, or what it leads to, calls `record`."""
    return bool(reached(place) & recorders())


@cache
def recorders() -> frozenset[str]:
    return frozenset(places(is_call("record")))


def test_quiet_acts_are_those_that_may_end_without_an_entry() -> None:
    """QUIET is for acts that tell no journal; those that record sometimes are named, others have no need of it."""
    assert {verb for verb in QUIET if any(map(records, ACTS[verb]))} == set(SOMETIMES)


@pytest.mark.parametrize("field", root_mutations())
def test_a_root_mutation_is_one_transaction(field: str) -> None:
    """One root mutation field = one transaction: whatever its function leads to, `work` is opened at one place."""
    opened = transactions(root_mutations()[field])
    assert len(opened) == 1 or (field in SEVERAL and len(opened) == 2), opened


def test_every_root_mutation_is_seen_here() -> None:
    """The fields above are those of the built schema: a mutation made in another way is not let through."""
    built = build().get_type_by_name("Mutation")
    assert built is not None
    assert {field.python_name for field in built.fields} == set(root_mutations())  # type: ignore[union-attr]  # a type


def test_a_query_never_writes() -> None:
    """Nothing but a root mutation leads to a transaction: viewing is a mutation, downloading the file route's."""
    starts = everything_else()
    assert transactions(*starts) == frozenset()
    assert {"resolvers.folders:documents", "resolvers.journal:follow"} <= starts, "this test has its eyes open"


def test_the_schema_opens_nothing() -> None:
    """The schema says, resolvers do: it opens neither a transaction nor a snapshot."""
    assert set(places(is_call("work"), "schema")) == set()
    assert set(places(is_call("reading"), "schema")) == set(READERS)


def test_every_act_has_a_door() -> None:
    """An act that neither the schema nor the server leads to is dead code with rights; the demo's play is no door."""
    doors = [place for place in references() if place.startswith(("schema.", "server."))]
    within = {found for module in modules("server") for found in places_of(module, module.tree) if is_door(module.name)}
    used = transactions(*filter(is_door, doors), *within)
    assert set(filter(is_door, openers() - used)) == set(WITHOUT_A_DOOR)


def is_door(place: str) -> bool:
    return not place.startswith("server.demo")


def test_an_act_does_not_call_another() -> None:
    """An act inside or after another act would be a second transaction; what acts share takes `work`."""
    chained = {place for place in openers() if len(transactions(place)) > 1}
    assert chained == set(OWNERS_ACTS)
