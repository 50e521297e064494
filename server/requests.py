"""What a request says: GraphQL's four parameters, each of its type, over HTTP and on a socket alike.

Whatever is no such request is Malformed and never an error of ours (reliability.md A6, A7).
"""

from __future__ import annotations

from types import NoneType
from typing import cast

from graphql import GraphQLError, parse
from graphql.utilities import get_operation_ast
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol
from strawberry.types.graphql import OperationType

from resolvers.ports import Limits

PARAMETERS: dict[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "variables": (dict, "an object"),
    "operationName": (str, "a string"),
    "extensions": (dict, "an object"),
}
MAX_ID = 200
WITH_ID = ("subscribe", "complete")
WITH_PAYLOAD = ("connection_init", "ping", "pong")


class Malformed(ValueError):
    """What came is no request; the text says why in words that may be shown."""


def request_of(said: object, *, protocol: GraphQLRequestProtocol) -> GraphQLRequestData:
    """The request in a decoded JSON body; null counts as absent, unknown parameters do not count."""
    if not isinstance(said, dict):
        raise Malformed("A request is a JSON object; batches are not taken.")
    for name, (kind, words) in PARAMETERS.items():
        if not isinstance(said.get(name), kind | NoneType):
            raise Malformed(f"`{name}` must be {words}.")
    return GraphQLRequestData(
        query=said.get("query"),
        variables=said.get("variables"),
        operation_name=said.get("operationName"),
        extensions=said.get("extensions"),
        protocol=protocol,
    )


def operation_type(request: GraphQLRequestData, *, limits: Limits) -> OperationType | None:
    """What kind of operation is asked for; None where that cannot be told, and the schema will say why.

    A document that is too long is not even parsed: it would hold up everybody else.
    """
    if len((request.query or "").encode(errors="replace")) > limits.max_query_bytes:
        return None
    try:
        found = get_operation_ast(parse(request.query or "", max_tokens=limits.max_tokens), request.operation_name)
    except GraphQLError:
        return None
    return None if found is None else OperationType(found.operation.value)


def message_of(said: object) -> dict[str, object]:
    """A message of graphql-transport-ws whose fields have their types; a payload of null counts as absent."""
    if not isinstance(said, dict):
        raise Malformed("A message is a JSON object.")
    message = {name: value for name, value in said.items() if (name, value) != ("payload", None)}
    kind = message.get("type")
    if kind in WITH_ID:
        _require_id(message.get("id"))
    elif kind not in WITH_PAYLOAD:
        raise Malformed("Unknown type of message.")
    if kind == "subscribe" and request_of(message.get("payload"), protocol="http").query is None:
        raise Malformed("`query` must be a string.")
    if not isinstance(message.get("payload", {}), dict):
        raise Malformed("`payload` must be an object.")
    return cast(dict[str, object], message)


def _require_id(said: object) -> None:
    if not isinstance(said, str) or not 0 < len(said) <= MAX_ID:
        raise Malformed(f"`id` must be a string of 1 to {MAX_ID} characters.")
