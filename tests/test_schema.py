"""The contract: committed as it is built, described throughout, and every error mapped before it leaves."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLArgument, GraphQLEnumType, GraphQLSchema, build_schema
from processes import ROOT
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from structlog.testing import capture_logs

import schema
from models.accounts import Locale, OperatorKind
from resolvers import owner, tokens
from resolvers.context import Client, Context
from resolvers.ports import Outside
from resolvers.rights import Principal
from schema.root import CabinetSchema, build, sdl
from server.migrate import upgrade
from server.outside import outside
from server.settings import read_settings

BUILT = build()
ADMIN = "hotline@podpis.example"
PASSWORD = "correct horse battery"
LOG_IN = """mutation($i: SessionCreateInput!) {
  sessionCreate(input: $i) { accessToken session { isCurrent } viewer { email } userErrors { code } } }"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Outside]:
    """Everything real, embedded, with nobody in it yet."""
    (tmp_path / "anchors").mkdir()
    settings = read_settings(data_dir=tmp_path, trust_anchors=tmp_path / "anchors")
    upgrade(settings)
    async with outside(settings) as opened:
        yield opened


async def _operator(world: Outside) -> None:
    asker = Context(world, Principal(is_system=True), Client())
    made = await owner.make_operator(
        asker, email=ADMIN, display_name="Петрова Н. И.", kind=OperatorKind.HOTLINE, phone=None
    )
    reset = "mutation($i: PasswordResetInput!) { passwordReset(input: $i) { userErrors { code } } }"
    answer = await BUILT.execute(
        reset, {"i": {"token": made.code, "newPassword": PASSWORD}}, Context(world, Principal(), Client())
    )
    assert answer.data == {"passwordReset": {"userErrors": []}}


def _codes(answer: ExecutionResult | PreExecutionError) -> list[str]:
    return [(error.extensions or {})["code"] for error in answer.errors or []]


def _undescribed(contract: GraphQLSchema) -> Iterator[str]:
    for name, kind in contract.type_map.items():
        if name.startswith("__") or name in {"String", "Int", "Float", "Boolean", "ID"}:
            continue
        if not kind.description:
            yield name
        parts = kind.values if isinstance(kind, GraphQLEnumType) else getattr(kind, "fields", {})
        for part, said in parts.items():
            arguments: dict[str, GraphQLArgument] = getattr(said, "args", None) or {}
            for path, item in {part: said, **{f"{part}({a})": b for a, b in arguments.items()}}.items():
                if not item.description:
                    yield f"{name}.{path}"


def test_the_committed_contract_is_the_built_one() -> None:
    """A frontend developer reads schema.graphql, so it is what the server serves."""
    committed = Path(schema.__file__).with_name("schema.graphql").read_text(encoding="utf-8")

    assert committed == sdl(), "run `make sdl`"


def test_make_sdl_writes_the_contract() -> None:
    """The command behind `make sdl` prints the contract whole; an empty file would replace it otherwise."""
    recipe = re.search(
        r"^sdl:.*\n\t\$\(BIN\)/cabinet (.+?) > ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert recipe is not None
    command = [sys.executable, "-m", "server", *recipe[1].split()]

    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout

    assert printed == sdl()


def test_everything_is_described() -> None:
    """Every type, field, argument, enum value and input field says what it is."""
    assert list(_undescribed(build_schema(sdl()))) == []


BAD_REQUESTS = {
    "{": "GRAPHQL_PARSE_FAILED",
    "{ nope }": "GRAPHQL_VALIDATION_FAILED",
    "query($id: ID!) { node(id: $id) { id } }": "BAD_USER_INPUT",
    'mutation { memberAdd(input: {cabinetId: "x", member: {}}) { member { id } } }': "GRAPHQL_VALIDATION_FAILED",
    "{ cabinets(first: 0) { totalCount } }": "BAD_USER_INPUT",
    '{ cabinets(after: "altered") { totalCount } }': "BAD_USER_INPUT",
    f'{{ cabinets(search: "{"ы" * 201}") {{ totalCount }} }}': "BAD_USER_INPUT",
}


@pytest.mark.anyio
async def test_a_bad_request_has_its_code(world: Outside) -> None:
    """What is wrong with a request is told by one code, with the request's id."""
    context = Context(world, Principal(), Client(request_id="r-1"))

    answers = {query: await BUILT.execute(query, None, context) for query in BAD_REQUESTS}

    told = {query: [error.extensions for error in answer.errors or []] for query, answer in answers.items()}
    assert told == {query: [{"code": code, "requestId": "r-1"}] for query, code in BAD_REQUESTS.items()}


@pytest.mark.anyio
async def test_two_targets_in_a_variable_are_refused(world: Outside) -> None:
    """Exactly one of the two, in variables too."""
    both = {"email": "a@b.example", "newUser": {"displayName": "А", "email": "a@b.example"}}
    query = "mutation($i: MemberAddInput!) { memberAdd(input: $i) { member { id } } }"

    answer = await BUILT.execute(
        query, {"i": {"cabinetId": "x", "member": both}}, Context(world, Principal(), Client())
    )

    assert _codes(answer) == ["BAD_USER_INPUT"]


@pytest.mark.anyio
async def test_what_nobody_expected_is_masked_and_logged_once() -> None:
    """A client learns a sentence and a request id; the log has the rest, once."""
    broken: Any = object()  # an outside that has nothing of what it promises
    context = Context(broken, Principal(), Client(request_id="r-2", locale=Locale.EN))

    with capture_logs() as logs:
        answer = await BUILT.execute("{ server { version } }", None, context)

    assert [error.extensions for error in answer.errors or []] == [{"code": "INTERNAL", "requestId": "r-2"}]
    assert "object" not in (answer.errors or [])[0].message
    assert [(entry["event"], entry["request_id"]) for entry in logs] == [("operation.failed", "r-2")]


@pytest.mark.anyio
async def test_a_login_tells_the_transport_its_token(world: Outside) -> None:
    """The new session is the caller's from the payload's own fields on; its token goes to the cookie."""
    await _operator(world)
    context = Context(world, Principal(), Client())

    answer = await BUILT.execute(LOG_IN, {"i": {"email": ADMIN.upper(), "password": PASSWORD}}, context)

    token = (answer.data or {})["sessionCreate"].pop("accessToken")
    assert answer.data == {
        "sessionCreate": {"session": {"isCurrent": True}, "viewer": {"email": ADMIN}, "userErrors": []}
    }
    assert (context.outcome.token, context.outcome.session_ended) == (token, False)


@pytest.mark.anyio
async def test_logging_out_with_a_broken_id_ends_nothing(world: Outside) -> None:
    """An id of nothing is NOT_FOUND, never «the current session»."""
    await _operator(world)
    context = Context(world, Principal(), Client())
    answer = await BUILT.execute(LOG_IN, {"i": {"email": ADMIN, "password": PASSWORD}}, context)
    holder = Principal(token_hash=tokens.hash_of((answer.data or {})["sessionCreate"]["accessToken"]))
    query = 'mutation { sessionDelete(input: {sessionId: "nothing"}) { deletedSessionId userErrors { code } } }'

    refused = await BUILT.execute(query, None, Context(world, holder, Client()))

    assert refused.data == {"sessionDelete": {"deletedSessionId": None, "userErrors": [{"code": "NOT_FOUND"}]}}
    still = await BUILT.execute("{ viewer { email } }", None, Context(world, holder, Client()))
    assert still.data == {"viewer": {"email": ADMIN}}


@pytest.mark.anyio
async def test_an_unknown_bearer_is_unauthenticated_a_stale_cookie_nobody(world: Outside) -> None:
    """A bearer must open something; a stale cookie is no login and is cleared."""
    unknown = tokens.hash_of(tokens.new_token())
    bearer = Context(world, Principal(token_hash=unknown), Client())
    cookie = Context(world, Principal(token_hash=unknown, is_cookie=True), Client())

    refused = await BUILT.execute("{ viewer { email } }", None, bearer)
    nobody = await BUILT.execute("{ viewer { email } }", None, cookie)

    assert _codes(refused) == ["UNAUTHENTICATED"]
    assert (bearer.outcome.is_unauthenticated, bearer.outcome.session_ended) == (True, False)
    assert (nobody.data, nobody.errors) == ({"viewer": None}, None)
    assert (cookie.outcome.is_unauthenticated, cookie.outcome.session_ended) == (False, True)


@pytest.mark.anyio
async def test_ids_of_nothing_and_of_others_are_null(world: Outside) -> None:
    """What a caller may not see does not exist for him, in its place among the others."""
    await _operator(world)
    context = Context(world, Principal(), Client())
    answer = await BUILT.execute(LOG_IN, {"i": {"email": ADMIN, "password": PASSWORD}}, context)
    holder = Principal(token_hash=tokens.hash_of((answer.data or {})["sessionCreate"]["accessToken"]))
    own = await BUILT.execute("{ viewer { id sessions { id } } }", None, Context(world, holder, Client()))
    ids = [(own.data or {})["viewer"]["sessions"][0]["id"], "nothing", (own.data or {})["viewer"]["id"]]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"

    seen = await BUILT.execute(query, {"ids": ids}, Context(world, holder, Client()))
    unseen = await BUILT.execute(query, {"ids": ids}, Context(world, Principal(), Client()))

    assert seen.data == {"nodes": [{"__typename": "Session"}, None, {"__typename": "User"}]}
    assert unseen.data == {"nodes": [None, None, None]}


@pytest.mark.anyio
async def test_a_stream_without_a_cabinet_says_so(world: Outside) -> None:
    """Nobody follows anything: UNAUTHENTICATED is the stream's only answer."""
    contract: CabinetSchema = BUILT

    events = await contract.subscribe(
        "subscription { cabinetEvents { cursor } }", None, Context(world, Principal(), Client())
    )

    codes = [_codes(event) async for event in events]
    assert codes == [["UNAUTHENTICATED"]]
