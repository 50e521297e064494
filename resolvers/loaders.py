"""aiodataloader under `batched` fields: a relation is asked once a level for all parents. One set per operation."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from aiodataloader import DataLoader

from resolvers.context import Context

K = TypeVar("K")
V = TypeVar("V")
Batch = Callable[..., Awaitable[Sequence[Any]]]
Ask = Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]


async def load(context: Context, batch: Batch, parent: object, **arguments: Any) -> Any:
    """What `batch(context, parents, **arguments)` gives for `parent`; asked together with its siblings."""
    return await _loader(context, batch, arguments).load(parent)


async def load_many(context: Context, batch: Batch, parents: Sequence[Any], **arguments: Any) -> list[Any]:
    """`load` for several parents: one question, where a loop of `load` would ask one after another."""
    return list(await _loader(context, batch, arguments).load_many(parents))


def _loader(context: Context, batch: Batch, arguments: dict[str, Any]) -> DataLoader[Any, Any]:
    key = (batch, *sorted((name, _hashable(value)) for name, value in arguments.items()))
    if key not in context.loaders:
        context.loaders[key] = DataLoader(_asked(context, batch, arguments))
    return context.loaders[key]


def _asked(
    context: Context, batch: Batch, arguments: dict[str, Any]
) -> Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]:
    async def ask(parents: list[Any]) -> list[Any]:
        return list(await batch(context, parents, **arguments))

    return ask


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def by_key(keys: Sequence[K | None], found: dict[K, V]) -> list[V | None]:
    """The answers in the order of the questions."""
    return [None if key is None else found.get(key) for key in keys]
