"""Folders, and the filters and orders that documents are listed by."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import words
from resolvers import folders
from resolvers.folders import Span
from schema.fields import Argument, asks, worded
from schema.kinds import (
    DocumentDirection,
    DocumentKind,
    DocumentOrderField,
    DocumentRole,
    DocumentStatus,
    FolderKind,
    OrderDirection,
)
from schema.nodes import ids_of, row_id
from schema.pages import BOTH_WAYS, paged
from schema.prices import COUNT, SEARCH, weighs

if TYPE_CHECKING:
    from schema.documents import DocumentConnection


def _boolean(given: bool | None) -> bool | None:
    """What was not said is no condition."""
    return None if given is strawberry.UNSET else given


@strawberry.input(description="A stretch of time, open where an end is left out.")
class DateTimeRange:
    """A stretch of time."""

    from_: datetime | None = strawberry.field(name="from", description="Inclusive.", default=strawberry.UNSET)
    to: datetime | None = strawberry.field(description="Exclusive.", default=strawberry.UNSET)


def span(given: DateTimeRange | None) -> Span:
    """As resolvers take it."""
    return Span(since=given.from_ or None, until=given.to or None) if given else Span()


@strawberry.input(
    description="All given conditions must hold; a list means «any of», an empty list or text means no condition."
)
class DocumentFilter:
    """Which documents."""

    direction: DocumentDirection | None = strawberry.field(
        description="Seen from the cabinet.", default=strawberry.UNSET
    )
    status: list[DocumentStatus] | None = strawberry.field(description="Any of these.", default=strawberry.UNSET)
    kind: list[DocumentKind] | None = strawberry.field(description="Any of these.", default=strawberry.UNSET)
    member_ids: list[strawberry.ID] | None = strawberry.field(
        description="Documents of these members; blocked and removed ones count.", default=strawberry.UNSET
    )
    member_search: str | None = strawberry.field(
        description="The search box of a folder: a colleague's name in any order, initials, or e-mail, in whole or in "
        "part; letter case, ё/е, keyboard layout and transliteration do not matter.",
        default=strawberry.UNSET,
        directives=weighs(SEARCH),
    )
    only_mine: bool | None = strawberry.field(description="«Show only my documents».", default=strawberry.UNSET)
    member_as: list[DocumentRole] | None = strawberry.field(
        description="In which part `memberIds`, `memberSearch` and `onlyMine` look for the person.",
        default_factory=lambda: [DocumentRole.SENDER, DocumentRole.RECIPIENT],
    )
    counterparty_id: strawberry.ID | None = strawberry.field(
        description="The other organisation.", default=strawberry.UNSET
    )
    search: str | None = strawberry.field(
        description="Words of the title or the number.", default=strawberry.UNSET, directives=weighs(SEARCH)
    )
    signed_by_other: bool | None = strawberry.field(
        description="Whether `Document.signedByOther` is set.", default=strawberry.UNSET
    )
    viewer_has_seen: bool | None = strawberry.field(
        description="As `Document.viewerHasSeen`.", default=strawberry.UNSET
    )
    created: DateTimeRange | None = strawberry.field(description="By `Document.createdAt`.", default=strawberry.UNSET)


def document_filter(given: DocumentFilter | None) -> folders.DocumentFilter:
    """As resolvers take it; an id of nothing is no member's and no organisation's."""
    if not given:
        return folders.DocumentFilter()
    return folders.DocumentFilter(
        direction=given.direction or None,
        status=tuple(given.status or ()),
        kind=tuple(given.kind or ()),
        member_ids=ids_of("Member", given.member_ids or []),
        member_search=given.member_search or None,
        only_mine=bool(given.only_mine),
        member_as=tuple(given.member_as or ()),
        counterparty_id=row_id("Organization", given.counterparty_id),
        search=given.search or None,
        signed_by_other=_boolean(given.signed_by_other),
        viewer_has_seen=_boolean(given.viewer_has_seen),
        created=span(given.created),
    )


@strawberry.input(description="How to sort documents.")
class DocumentOrder:
    """How to sort."""

    field: DocumentOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


def document_order(given: DocumentOrder | None) -> tuple[DocumentOrderField, bool]:
    """A field and whether it descends; newest first when nothing is said."""
    if not given:
        return folders.NEWEST_FIRST
    return given.field, given.direction is OrderDirection.DESC


def _filtered(which: str) -> Argument:
    return Argument(type=DocumentFilter | None, description=which, default=strawberry.UNSET, read=document_filter)


def document_list(which: str) -> dict[str, Argument]:
    """The arguments of a list of documents; `which` describes its filter."""
    order = Argument(
        type=DocumentOrder | None,
        description="Newest first when absent.",
        default=strawberry.UNSET,
        read=document_order,
    )
    return {**BOTH_WAYS, "filter": _filtered(which), "order_by": order}


COUNTED = _filtered("As for `documents`.")


@strawberry.type(description="A standing view of the cabinet's documents, the same for every member.")
class Folder:
    """Read from `resolvers.folders.Folder`."""

    kind: FolderKind = strawberry.field(description="Which one.")
    name: str = worded(
        lambda context, folder: words.say(f"folder.{folder.kind.value}", context.locale.value.lower()),
        "Name in the caller's language.",
    )
    document_count: int = asks(
        folders.document_count,
        "Counts the rows that `documents` with the same filter lists. Counted only when asked for.",
        COUNT,
        filter=COUNTED,
    )
    unseen_count: int = asks(folders.unseen_count, "Counts those with `viewerHasSeen` false.", COUNT, filter=COUNTED)
    documents: Annotated[DocumentConnection, strawberry.lazy("schema.documents")] = asks(
        folders.documents,
        "What any member sent or received, blocked and removed ones included.",
        gather=paged,
        **document_list("Which documents; all of the folder when absent."),
    )


TYPES: list[Any] = []
