"""Acts on one's own account: asking for a new password, changing name, language, time zone and address."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from models.access import Verb
from models.accounts import CodePurpose, Locale, User, checked_email, email_key
from models.events import Event
from models.refusals import Reason, Refusal
from resolvers import attempts, codes, routing, sessions
from resolvers.context import Context, Work
from resolvers.ports import EVERY_CABINET
from resolvers.texts import clean


async def request_reset(context: Context, *, email: str) -> None:
    """Have a letter with a code sent to an address; whether it is known shows nowhere, not even in the time (EH96)."""
    address = checked_email(email, path=("email",))
    async with context.work(Verb.REQUEST_PASSWORD) as work:
        work.authorize()
        await attempts.count(work, attempts.letters(context, address))
        work.add(codes.new_code(context, None, purpose=CodePurpose.PASSWORD_RESET, work=work, email=address))
        work.rung.add(EVERY_CABINET)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What to change of one's own account; None leaves it as it is."""

    display_name: str | None = None
    locale: Locale | None = None
    time_zone: str | None = None
    email: str | None = None


async def update(context: Context, wishes: Wishes) -> User:
    """Change one's own account. A new address holds once its code comes back; colleagues see a new name at once."""
    async with context.work(Verb.UPDATE_ACCOUNT) as work:
        work.authorize()
        user = await work.get(User, work.actor.user_id)
        user.locale = wishes.locale or user.locale
        user.time_zone = _known_zone(wishes.time_zone) or user.time_zone
        if wishes.email is not None:
            await _ask_for(context, work, user, checked_email(wishes.email, path=("email",)))
        await work.record(await _renamed(work, user, wishes.display_name))
    return user


@cache
def _zones() -> frozenset[str]:
    """IANA's names; neither this machine's own zone, nor files of its that count leap seconds."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _known_zone(name: str | None) -> str | None:
    if name is not None and name not in _zones():
        raise Refusal(Reason.INVALID, path=("timeZone",), field="timeZone")
    return name


async def _ask_for(context: Context, work: Work, user: User, address: str) -> None:
    """Have a code sent to an address; the one that he has and confirmed takes back what he asked for before."""
    await codes.end_all(work, user, CodePurpose.EMAIL)
    if email_key(address) == user.email_key and user.email_confirmed_at is not None:
        return
    await attempts.count(work, attempts.letters(context, address, user.email))
    work.add(codes.new_code(context, user, purpose=CodePurpose.EMAIL, work=work, email=address))
    work.rung.add(EVERY_CABINET)


async def _renamed(work: Work, user: User, wish: str | None) -> Event | None:
    if wish is None:
        return None
    name = clean(wish, path=("displayName",), limit=200, is_required=True)
    return user.rename(name, members=await sessions.memberships(work, user))


async def confirm_email(context: Context, *, code: str) -> User:
    """Take the address that a code was sent to; TOKEN_EXPIRED, too, when somebody else has it by now."""
    async with context.work(Verb.CONFIRM_EMAIL) as work:
        work.authorize()
        spent, user = await codes.spend(work, code, CodePurpose.EMAIL)
        address = spent.email or user.email
        holder = await routing.account(work, address)
        if holder is not None and holder.id != user.id:
            raise Refusal(Reason.TOKEN_EXPIRED, path=("token",))
        members, was_missing = await sessions.memberships(work, user), bool(user.missing)
        changed = user.take_address(address, at=work.now, members=members)
        if changed is not None:
            await codes.end_all(work, user, CodePurpose.PASSWORD_RESET, CodePurpose.INVITATION)
            await routing.claim(work, user)
        await work.record(changed, sessions.completed(user, members, was_missing=was_missing))
    return user
