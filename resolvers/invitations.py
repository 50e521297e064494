"""The letter that invites to finish a registration, sent again."""

from sqlalchemy import select

from models.access import Verb
from models.accounts import CodePurpose
from models.events import MemberInvited
from models.journal import Delivery, Entry
from models.members import Member
from resolvers import attempts
from resolvers.codes import new_code
from resolvers.context import Context, Work
from resolvers.members import require_another


async def send_again(context: Context, *, member_id: int | None) -> Member:
    """Send a new code; the older one is dead (EH89). The letter says again what the first one did (C23)."""
    async with context.work(Verb.INVITE_AGAIN) as work:
        member = await work.get(Member, member_id, *Member.with_people(), path=("memberId",), shared=True)
        require_another(work, member.user_id, path=("memberId",))
        member.require_unfinished(path=("memberId",))
        await attempts.count(work, attempts.invitations(context, member.user.email))
        code = work.add(new_code(context, member.user, purpose=CodePurpose.INVITATION, work=work))
        await work.flush()
        letter = Delivery.of_code(code, letter="you.invited", user=member.user, at=work.now)
        letter.entry_id = (await _joining(work, member)).id
        work.add(letter)
        work.rung.add(member.cabinet_id)
    return member


async def _joining(work: Work, member: Member) -> Entry:
    """How he was added: whose word it was, and who did it."""
    added = select(Entry).where(Entry.member_id == member.id, Entry.kind == MemberInvited.entry_kind())
    return (await work.all(added.order_by(Entry.seq.desc()).limit(1)))[0]
