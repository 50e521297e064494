"""Uploads: where to put the bytes of a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from models import uploads as rows
from resolvers import uploads
from resolvers.context import Context
from resolvers.uploads import Announced
from schema.fields import acts, asks, at_most
from schema.nodes import Node, id_of, is_named, node_id, shows
from schema.refusals import UserError, told_errors
from schema.scalars import URI


@strawberry.type(description="A header of an HTTP request.")
class HttpHeader:
    """A name and its value."""

    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value.")


def _headers(_: Context, upload: rows.Upload, *, first: int) -> list[HttpHeader]:
    return [HttpHeader(name="Content-Type", value=upload.content_type)][:first]


@strawberry.type(description="Where to put the bytes. Visible to its maker only.")
@shows(rows.Upload)
class DocumentUpload(Node):
    """An announced file."""

    id: strawberry.ID = node_id("DocumentUpload", "For `draftSave` and `documentReceive`.")
    url: URI = asks(uploads.put_url, "`PUT` the bytes here.", 1)
    headers: list[HttpHeader] = asks(_headers, "To be sent along.", first=at_most(20, usual=3))
    expires_at: datetime = strawberry.field(description="When `url` stops working.")


@strawberry.input(description="A file to upload.")
class DocumentUploadCreateInput:
    """What the file will be."""

    cabinet_id: strawberry.ID | None = strawberry.field(
        description="For which cabinet; left out by the exchange's token.", default=strawberry.UNSET
    )
    file_name: str = strawberry.field(description="Made safe by the server.")
    content_type: str = strawberry.field(description="MIME type.")
    size_bytes: int = strawberry.field(description="1 to `server.limits.maxUploadBytes`.")
    sha256: str = strawberry.field(description="Lower-case hex; checked after the upload.")

    def announced(self) -> Announced:
        """As resolvers take it."""
        return Announced(
            cabinet_id=id_of("Cabinet")(self.cabinet_id),
            file_name=self.file_name,
            content_type=self.content_type,
            size_bytes=self.size_bytes,
            sha256=self.sha256,
        )


@strawberry.type(description="Result of asking for an upload.")
class DocumentUploadCreatePayload:
    """Where, or why not."""

    upload: DocumentUpload | None = strawberry.field(description="Where to put the bytes.", default=None)
    user_errors: list[UserError] = told_errors()


async def _announce(context: Context, input: DocumentUploadCreateInput) -> dict[str, object]:
    upload = await uploads.announce(context, file=input.announced(), is_for_cabinet=is_named(input.cabinet_id))
    return {"upload": upload}


@strawberry.type
class UploadMutation:
    """Acts on uploads."""

    document_upload_create: DocumentUploadCreatePayload | None = acts(
        DocumentUploadCreatePayload,
        _announce,
        DocumentUploadCreateInput,
        does="Step 1 of sending: where to put the bytes. Empty files are refused.",
        input="What will be uploaded.",
    )


TYPES: list[Any] = [DocumentUpload]
