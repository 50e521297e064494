"""Lists that clients send: none longer than `max_list_input`, wherever in an argument it stands."""

from __future__ import annotations

import dataclasses

from strawberry.utils.str_converters import to_camel_case

from models.refusals import Reason, Refusal
from resolvers.context import Context


def require_short(context: Context, given: object, *, path: tuple[str, ...] = ()) -> None:
    """Raise TOO_LONG at its path for a list of more items than the limit; looks into input objects."""
    limit = context.outside.house.limits.max_list_input
    if isinstance(given, list) and len(given) > limit:
        raise Refusal(Reason.TOO_LONG, path=path, field=path[-1], limit=limit)
    if dataclasses.is_dataclass(given):
        for field in dataclasses.fields(given):
            require_short(context, getattr(given, field.name), path=(*path, to_camel_case(field.name)))
