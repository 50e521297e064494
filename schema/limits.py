"""What a request may ask (reliability.md A1, A2; EE73): one budgeted walk over the document, before validation.

Validation must not come first: merging fields of one name is quadratic, in operations that nobody asks for too. The
walk collects fields as the executor does, merged by response name, takes `@include` and `@skip` as taken, bears a
document that is not valid, and ends rings of fragments by their depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    get_operation_ast,
    value_from_ast_untyped,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

from resolvers.context import Context
from resolvers.measures import TooMuch
from resolvers.ports import Limits
from schema.codes import ErrorCode
from schema.known import Key, Known
from schema.prices import Price, Prices

MOST_VISITS = 20_000
ROOTS = {
    OperationType.QUERY: "Query",
    OperationType.MUTATION: "Mutation",
    OperationType.SUBSCRIPTION: "Subscription",
}
Selected = tuple[str | None, FieldNode]
Within = tuple[str | None, SelectionSetNode]


class OverLimit(GraphQLError):
    """A request that asks too much; nothing of it was done."""

    def __init__(self, code: ErrorCode, message: str, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.facts = dict(facts or {})

    @property
    def cost(self) -> int | None:
        """What it would have cost, where that is why."""
        told = self.facts.get("cost")
        return told["requested"] if isinstance(told, dict) else None


class Unchosen(CannotGetOperationTypeError):
    """Several operations, and `operationName` names none."""

    def as_http_error_reason(self) -> str:
        """In a sentence."""
        return "Of several operations `operationName` must name one."


class Limited(SchemaExtension):
    """Refuses what asks too much before anything of it runs, over HTTP and on a socket alike.

    What was valid before is neither parsed nor validated again; what it asks for hangs on its variables too, so it is
    measured every time.
    """

    def on_parse(self) -> Iterator[None]:
        """Whether the caller may ask at all, then the text's size, then its tokens."""
        limits, asked, context = self._limits, self.execution_context, self._context
        with _told():
            context.measures.count(context.caller, at=context.outside.clock.now())
        if len((asked.query or "").encode(errors="replace")) > limits.max_query_bytes:
            raise OverLimit(
                ErrorCode.GRAPHQL_PARSE_FAILED, f"A document has at most {limits.max_query_bytes} bytes of text."
            )
        asked.parse_options["max_tokens"] = limits.max_tokens
        asked.graphql_document = self._known.find(self._key)
        yield
        if asked._provided_operation_name is None and asked.graphql_document and not _is_one(asked.graphql_document):
            raise Unchosen(None)  # Strawberry would run the first

    def on_validate(self) -> Iterator[None]:
        """Depth, number of parts, and cost."""
        asked, known = self.execution_context, self._known
        document = asked.graphql_document
        operation = get_operation_ast(document, asked.operation_name) if document else None
        if document is not None:
            prices: Prices = asked.schema.prices  # type: ignore[attr-defined]  # of CabinetSchema
            walk = Walk(prices, self._limits, document, asked.variables or {})
            if operation is not None:
                self._spend(walk.require(operation))
            walk.bear_others(operation)
            if known.find(self._key) is document:
                asked.pre_execution_errors = []  # Strawberry validates where this is None
        yield
        if document is not None and asked.pre_execution_errors == []:
            known.keep(self._key, document)

    def _spend(self, cost: int) -> None:
        context = self._context
        context.cost = cost
        with _told():
            context.measures.spend(context.caller, cost, at=context.outside.clock.now())

    @property
    def _context(self) -> Context:
        context: Context = self.execution_context.context
        return context

    @property
    def _key(self) -> Key:
        return self._limits.max_tokens, self.execution_context.query or ""

    @property
    def _known(self) -> Known:
        known: Known = self.execution_context.schema.known  # type: ignore[attr-defined]  # of CabinetSchema
        return known

    @property
    def _limits(self) -> Limits:
        return self._context.outside.house.limits


@contextmanager
def _told() -> Iterator[None]:
    """As an error of GraphQL: before an operation runs, a stream answers by none but these."""
    try:
        yield
    except TooMuch as error:
        raise GraphQLError(str(error), original_error=error) from error


class Walk:
    """One operation, measured."""

    def __init__(self, prices: Prices, limits: Limits, document: DocumentNode, variables: Mapping[str, object]) -> None:
        self._prices = prices
        self._limits = limits
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        self._variables = dict(variables)
        self._reached: set[str] = set()
        self._visits = self._aliases = self._directives = self._pairs = 0

    def require(self, operation: OperationDefinitionNode) -> int:
        """Its cost. Raises OverLimit at the first limit that it goes over."""
        limits = self._limits
        self._at_most(len(operation.variable_definitions or ()), limits.max_variables, "variables")
        self._at_most(len(self._fragments), limits.max_fragments, "fragments")
        self._variables = {**_defaults(operation), **self._variables}
        roots = self._collected([(ROOTS[operation.operation], operation.selection_set)], depth=1)
        self._at_most(sum(map(len, roots.values())), limits.max_root_fields, "root fields")
        cost = self._sum(roots, depth=1)
        if cost > limits.max_cost:
            raise OverLimit(
                ErrorCode.COST_LIMIT_EXCEEDED,
                f"This costs {cost}; at most {limits.max_cost} is allowed. Ask for smaller pages or fewer fields.",
                {"cost": {"requested": cost, "maximum": limits.max_cost}},
            )
        return cost

    def bear_others(self, asked: OperationDefinitionNode | None) -> None:
        """The rest of the document, which is never run but validated: whatever its cost, its pairs of fields count."""
        for operation in self._operations:
            if operation is not asked:
                self._bear(ROOTS[operation.operation], operation.selection_set)
        for name, fragment in self._fragments.items():
            if name not in self._reached:
                self._bear(fragment.type_condition.name.value, fragment.selection_set)

    def _bear(self, kind: str, selections: SelectionSetNode) -> None:
        self._aliases = self._directives = 0
        self._sum(self._collected([(kind, selections)], depth=1), depth=1)

    def _at_most(self, count: int, limit: int, what: str) -> None:
        if count > limit:
            raise OverLimit(ErrorCode.QUERY_TOO_COMPLEX, f"An operation has at most {limit} {what}.")

    def _collected(self, within: list[Within], *, depth: int) -> dict[str, list[Selected]]:
        """Fields by response name, in fragments too; a fragment counts at each place where it is spread."""
        groups: dict[str, list[Selected]] = {}
        spread: set[tuple[str | None, str]] = set()
        stack = [(kind, node) for kind, selections in within for node in selections.selections]
        while stack:
            kind, node = stack.pop()
            self._visit(node)
            if isinstance(node, FieldNode):
                groups.setdefault(node.alias.value if node.alias else node.name.value, []).append((kind, node))
            elif isinstance(node, InlineFragmentNode):
                inner = node.type_condition.name.value if node.type_condition else kind
                stack += [(inner, part) for part in node.selection_set.selections]
            elif isinstance(node, FragmentSpreadNode) and (kind, node.name.value) not in spread:
                spread.add((kind, node.name.value))
                stack += self._spread(node.name.value)
        if groups and depth > self._limits.max_depth:
            raise OverLimit(ErrorCode.QUERY_TOO_DEEP, f"Fields are nested at most {self._limits.max_depth} deep.")
        return groups

    def _visit(self, node: SelectionNode) -> None:
        self._visits += 1
        self._at_most(self._visits, MOST_VISITS, "selections")
        self._directives += len(node.directives or ())
        self._at_most(self._directives, self._limits.max_directives, "directives")
        if isinstance(node, FieldNode) and node.alias is not None:
            self._aliases += 1
            self._at_most(self._aliases, self._limits.max_aliases, "aliases")

    def _spread(self, name: str) -> list[tuple[str | None, SelectionNode]]:
        found = self._fragments.get(name)
        self._reached.add(name)
        if found is None:
            return []
        return [(found.type_condition.name.value, part) for part in found.selection_set.selections]

    def _sum(
        self, groups: dict[str, list[Selected]], *, depth: int, sized: frozenset[str] = frozenset(), size: int = 1
    ) -> int:
        """What all fields of a level cost; those of `sized` come `size` times."""
        total = 0
        for same in groups.values():
            self._pairs += len(same) * (len(same) - 1) // 2
            self._at_most(self._pairs, self._limits.max_field_pairs, "pairs of fields with one name")
            total += self._cost(same, depth=depth, times=size if same[0][1].name.value in sized else 1)
        return total

    def _cost(self, same: list[Selected], *, depth: int, times: int) -> int:
        """What one response name costs: its weight and all below it, once for each object that comes."""
        prices = [(self._prices.of(kind, node.name.value), node) for kind, node in same]
        within: list[Within] = [
            (price.returns, node.selection_set) for price, node in prices if node.selection_set is not None
        ]
        size = max(self._size(price, node) for price, node in prices)
        sized = frozenset().union(*(price.sized for price, _ in prices))
        inner = self._sum(
            self._collected(within, depth=depth + 1) if within else {}, depth=depth + 1, sized=sized, size=size
        )
        own = max(price.weight for price, _ in prices) + inner
        given = max(self._given(price, node) for price, node in prices)
        return given + times * (own if sized else size * own)

    def _size(self, price: Price, node: FieldNode) -> int:
        """How many objects a list holds: as asked, at most a page; what is no number counts as a whole page."""
        asked = [
            self._number(argument.value) for argument in node.arguments or () if argument.name.value in price.slicing
        ]
        told = [number for number in asked if number is not None]
        return max(told, default=price.size)

    def _number(self, node: Any) -> int | None:  # Any: a value's node of graphql-core
        most = self._limits.max_page_size
        value = value_from_ast_untyped(node, self._variables)
        if value is None or value is Undefined:
            return None
        if isinstance(value, list):
            return min(len(value), most)
        return min(max(value, 0), most) if isinstance(value, int) else most

    def _given(self, price: Price, node: FieldNode) -> int:
        """What the arguments cost."""
        total = 0
        for argument in node.arguments or ():
            kind = price.arguments.get(argument.name.value)
            value = value_from_ast_untyped(argument.value, self._variables) if kind is not None else None
            if kind is not None and value is not None and value is not Undefined:
                total += price.argument_weights.get(argument.name.value, 0) + self._prices.given(kind, value)
        return total


def _is_one(document: DocumentNode) -> bool:
    return sum(isinstance(node, OperationDefinitionNode) for node in document.definitions) < 2


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    return {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
