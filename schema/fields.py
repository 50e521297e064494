"""How a field asks a resolver: `asks` for one object, `batched` for all objects of a level, `acts` for mutations.

A field is declared by its annotation and one of these, which return `Any`: the annotation is what the contract says,
and resolvers return rows. Under `batched` lies aiodataloader, so a relation costs one statement for 1 and for 50 rows.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from resolvers.context import Context
from resolvers.loaders import load
from schema.lists import require_short
from schema.nodes import id_of
from schema.prices import ACT, SEARCH, holds, weighs

Resolver = Callable[..., Any]
REQUIRED = inspect.Parameter.empty
# As values: mypy takes their subscripts for types.
ANNOTATED: Any = Annotated
PARENT: Any = strawberry.Parent


@dataclass(frozen=True, kw_only=True)
class Argument:
    """An argument of a field: its type, what it means, its default, and how it becomes a resolver's argument.

    `weight` is what it costs; `usual`, how many objects a list of this size usually holds.
    """

    type: Any
    description: str
    default: Any = REQUIRED
    read: Callable[[Any], Any] | None = None
    weight: int | None = None
    usual: int | None = None

    def parameter(self, name: str) -> inspect.Parameter:
        """As Strawberry reads it."""
        said = strawberry.argument(description=self.description, directives=weighs(self.weight))
        described = ANNOTATED[self.type, said]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=described, default=self.default)

    def given(self, value: Any) -> Any:
        """As the resolver takes it; None when the client left it out."""
        return self.read(value) if self.read is not None else value


def an_id(kind: str, description: str) -> Argument:
    """An id of one kind; the resolver gets the row id, or None for what is no such id."""
    return Argument(type=strawberry.ID, description=description, read=id_of(kind))


def at_most(count: int, description: str = "At most so many.", *, usual: int = 5) -> Argument:
    """The size of a short list, never more than 100; it is priced by how many it usually holds."""
    return Argument(type=int | None, description=description, default=count, read=_bounded(count), usual=usual)


def a_search(description: str) -> Argument:
    """A text to look for."""
    return Argument(type=str | None, description=description, default=strawberry.UNSET, weight=SEARCH)


def _bounded(default: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        return max(0, min(default if value is None else int(value), 100))

    return read


def asks(
    resolver: Resolver,
    description: str,
    weight: int | None = None,
    /,
    *,
    gather: Callable[..., dict[str, Any]] | None = None,
    **arguments: Argument,
) -> Any:
    """A field answered by `resolver(context, [parent,] **arguments)`; `gather` makes one argument out of several."""

    async def ask(root: Any, info: Any, **values: Any) -> Any:
        given = _given(info.context, arguments, values)
        parents = () if root is None else (root,)
        answer = resolver(info.context, *parents, **(gather(**given) if gather else given))
        return await answer if inspect.isawaitable(answer) else answer

    return _field(ask, description, arguments, weight=weight, reads=inspect.iscoroutinefunction(resolver))


def batched(resolver: Resolver, description: str, weight: int | None = None, /, **arguments: Argument) -> Any:
    """A field answered for all parents of a level by one call `resolver(context, parents, **arguments)`."""

    async def ask(root: Any, info: Any, **values: Any) -> Any:
        given = _given(info.context, arguments, values)
        return await load(info.context, resolver, root, **given)

    return _field(ask, description, arguments, weight=weight, reads=True)


def _given(context: Context, arguments: dict[str, Argument], values: dict[str, Any]) -> dict[str, Any]:
    """A field's arguments as its resolver takes them."""
    for name, value in values.items():
        require_short(context, value, path=(name,))
    return {name: argument.given(values.get(name)) for name, argument in arguments.items()}


def told(tell: Callable[[Any], Any], description: str, *, usual: int | None = None) -> Any:
    """What is computed from its row alone; of a list of objects, `usual` is how many it usually holds."""

    def resolve(root: strawberry.Parent[Any]) -> Any:
        return tell(root)

    return _field(resolve, description, {}, takes_info=False, usual=usual)


def worded(tell: Callable[[Context, Any], str], description: str) -> Any:
    """A text in the caller's language, made from its row."""

    def resolve(root: Any, info: Any) -> str:
        return tell(info.context, root)

    return _field(resolve, description, {})


def acts(
    payload: type,
    act: Callable[[Context, Any], Awaitable[dict[str, Any]]],
    given: type,
    /,
    *,
    does: str,
    input: str,
    weight: int = ACT,
) -> Any:
    """A mutation: `act(context, input)` gives the payload's objects; a refusal becomes `userErrors`.

    `given` is the type of its one argument, `does` and `input` describe the field and the argument.
    """
    from schema.refusals import refused

    async def perform(root: Any, info: Any, *, input: Any) -> Any:
        return await refused(info.context, payload, act, input)

    return _field(perform, does, {"input": Argument(type=given, description=input)}, weight=weight, reads=True)


def idempotency_key() -> Any:
    """The `idempotency_key` of an input: `schema.repeats` sees to it, no act does."""
    does = "Repeating a call with the same key within 24 hours returns the first result and does nothing more."
    return strawberry.field(description=does, default=strawberry.UNSET)


def _field(
    resolver: Any,
    description: str,
    arguments: dict[str, Argument],
    *,
    takes_info: bool = True,
    weight: int | None = None,
    usual: int | None = None,
    reads: bool = False,
) -> Any:
    """Strawberry's field. `reads`: it asks the database, so that a leaf needs a weight (tests/test_limits.py)."""
    fixed = {"root": PARENT[Any], **({"info": Info} if takes_info else {})}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
        for name, annotation in fixed.items()
    ]
    parameters += [argument.parameter(name) for name, argument in arguments.items()]
    resolver.__signature__ = inspect.Signature(parameters)
    resolver.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    usual = next((argument.usual for argument in arguments.values() if argument.usual), usual)
    return strawberry.field(
        resolver=resolver,
        description=description,
        directives=[*weighs(weight), *holds(arguments, usual=usual)],
        metadata={"reads": reads},
    )
