"""Playing the plot: every beat of a scene becomes the product's own act, by the person and at the time it names."""

from collections.abc import AsyncIterator
from hashlib import sha256

from sqlalchemy import select

from models.documents import Document
from models.exchanges import DocumentKind, DocumentSide
from resolvers import documents, drafts, intents, signatures, uploads
from resolvers.context import Context
from resolvers.documents import Delivered, ExternalParty
from resolvers.drafts import DraftWish
from resolvers.uploads import Announced
from server.demo.authority import Authority
from server.demo.cast import Partner, Person
from server.demo.papers import paper
from server.demo.pen import sign
from server.demo.scenes import Act, Beat, Outcome, Scene, Step
from server.demo.stage import Stage, named


class Play:
    """Performs beats, which must come in the order of time."""

    def __init__(self, stage: Stage, authority: Authority) -> None:
        self._stage = stage
        self._authority = authority
        self._exchanges: dict[str, int] = {}

    async def perform(self, beat: Beat) -> None:
        """Set the clock and do what the beat says."""
        self._stage.clock.at = beat.at
        if beat.step is Step.BEGIN:
            await self._begin(beat.scene)
        elif beat.step is Step.EXPIRE:
            for document_id in await documents.late(self._stage.as_server()):
                await documents.expire(self._stage.as_server(), document_id=document_id)
        elif beat.act is not None:
            await self._act(beat.step, beat.act, beat.scene)

    async def _act(self, step: Step, act: Act, scene: Scene) -> None:
        context = self._stage.as_person(act.by)
        document_id = await self._seen_by(act.by, scene)
        match step:
            case Step.SIGN | Step.SIGN_AS_SENDER:
                await self._sign(act.by, document_id)
            case Step.VIEW:
                await documents.mark_viewed(context, document_id=document_id)
            case Step.REJECT:
                await documents.reject(context, document_id=document_id, reason=act.reason or "")
            case Step.WITHDRAW:
                await documents.withdraw(context, document_id=document_id, reason=act.reason)
            case Step.ARCHIVE:
                await documents.archive(context, document_id=document_id, archived=True)

    async def _seen_by(self, person: Person, scene: Scene) -> int:
        """The id of the document as the person's cabinet sees it."""
        views = select(Document.id).where(Document.exchange_id == self._exchanges[scene.external_id])
        async with self._stage.as_server().reading() as reading:
            [document_id] = await reading.all(views.where(Document.cabinet_id == self._stage.homes[person.email]))
        return document_id

    async def _begin(self, scene: Scene) -> None:
        if scene.partner is not None:
            document = await self._receive(scene, scene.partner)
        elif scene.author is not None:
            document = await self._write(scene, scene.author)
        else:
            raise ValueError(f"{scene.external_id} comes from nobody")
        self._exchanges[scene.external_id] = document.exchange_id

    async def _receive(self, scene: Scene, partner: Partner) -> Document:
        """The exchange hands over what comes from outside."""
        delivered = Delivered(
            organization=named(scene.receiver),
            upload_id=await _upload(self._stage.as_exchange(), scene, cabinet_id=None),
            kind=DocumentKind(scene.kind),
            title=scene.title,
            number=scene.number,
            required_sides=_sides(scene),
            sign_before=scene.sign_before,
            sender=ExternalParty(
                organization=named(partner.firm), person_name=partner.contact, person_email=partner.email
            ),
            recipient_emails=tuple(person.email for person in scene.recipients),
            external_id=scene.external_id,
        )
        return await documents.receive(self._stage.as_exchange(), delivered=delivered)

    async def _write(self, scene: Scene, author: Person) -> Document:
        """A member writes a draft, and sends it unless it stays one."""
        cabinet_id = self._stage.homes[author.email]
        wish = DraftWish(
            upload_id=await _upload(self._stage.as_person(author), scene, cabinet_id=cabinet_id),
            kind=DocumentKind(scene.kind),
            title=scene.title,
            number=scene.number,
            required_sides=_sides(scene),
            sign_before=scene.sign_before,
            counterparty=named(scene.receiver),
            recipient_emails=tuple(person.email for person in scene.recipients),
        )
        draft = await drafts.begin(self._stage.as_person(author), cabinet_id=cabinet_id, wish=wish)
        if scene.outcome is not Outcome.DRAFT:
            await drafts.send(self._stage.as_person(author), draft_id=draft.id)
        return draft

    async def _sign(self, person: Person, document_id: int) -> None:
        """In two steps, as a client does: prepare, read the warnings, sign the stored bytes, hand the CMS in."""
        prepared = await intents.prepare(
            self._stage.as_person(person),
            document_id=document_id,
            certificate_id=self._stage.certificates[person.email],
        )
        credentials = self._authority.credentials(person.email)
        cms = sign(
            await self._stage.world.blobs.read(prepared.row.sha256),
            key=credentials.private_key,
            certificate=credentials.x509,
            chain=(self._authority.root,),
            claimed_at=self._stage.clock.now(),
        )
        acknowledged = frozenset(warning.code for warning in prepared.warnings)
        await signatures.sign(
            self._stage.as_person(person), intent_id=prepared.row.id, cms=cms, acknowledged=acknowledged
        )


async def _upload(context: Context, scene: Scene, *, cabinet_id: int | None) -> int:
    content = paper(scene.sheet)
    file = Announced(
        cabinet_id=cabinet_id,
        file_name=scene.file_name,
        content_type="application/pdf",
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
    )
    announced = await uploads.announce(context, file=file, is_for_cabinet=cabinet_id is not None)
    await uploads.store(context, upload_id=announced.id, chunks=_in_one(content))
    return announced.id


async def _in_one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _sides(scene: Scene) -> tuple[DocumentSide, ...]:
    return tuple(DocumentSide(side) for side in scene.sides)
