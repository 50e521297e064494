"""One-time codes (account tokens): made here, spent here, their letters owed by the postman.

A code for an address is made without asking who has it: that is asked when its letters are written, by the postman
alone, so that known and unknown addresses are answered alike and in the same time (EH96, EH90).
"""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import Select, select

from models.access import Verb
from models.accounts import LIVES, CodePurpose, OneTimeCode, User, email_key
from models.journal import Delivery
from models.refusals import Reason, Refusal
from resolvers import routing
from resolvers.context import Context, Work
from resolvers.locks import ANEW, locked

BATCH = 50


def new_code(
    context: Context, user: User | None, *, purpose: CodePurpose, work: Work, email: str | None = None
) -> OneTimeCode:
    """A code whose text only the server's secret can make again; for an `email` the postman writes its letters."""
    seed = secrets.token_hex(16)
    text = context.outside.secrets.code(purpose.value, seed)
    return OneTimeCode(
        user_id=user.id if user is not None else None,
        purpose=purpose,
        email=email,
        seed=seed,
        code_hash=_hash_of(text),
        created_at=work.now,
        expires_at=work.now + LIVES[purpose],
        told_at=work.now if email is None else None,
    )


def _hash_of(text: str) -> str:
    # A lone surrogate, which has no bytes, becomes a "?", which stands in no code.
    return hashlib.sha256(text.strip().encode(errors="replace")).hexdigest()


def _known(text: str, purposes: Sequence[CodePurpose]) -> Select[OneTimeCode]:
    return select(OneTimeCode).where(OneTimeCode.code_hash == _hash_of(text), OneTimeCode.purpose.in_(purposes))


async def require_alive(context: Context, text: str, *purposes: CodePurpose) -> None:
    """Raise TOKEN_EXPIRED for what opens nothing before anything dear is done for it; `spend` asks again, locked."""
    async with context.reading() as reading:
        found = await reading.first(_known(text, purposes))
    await context.forget()
    if found is None or not found.is_alive(context.outside.clock.now()):
        raise Refusal(Reason.TOKEN_EXPIRED, path=("token",))


async def spend(work: Work, text: str, *purposes: CodePurpose) -> tuple[OneTimeCode, User]:
    """The code of a text, spent, and its account: the newest of its purpose, unused and in time, else TOKEN_EXPIRED.

    The account is locked before the code, as by whoever ends all its codes.
    """
    known = _known(text, purposes)
    holder = select(User).where(User.id.in_(known.with_only_columns(OneTimeCode.user_id)))
    holders = await work.across(locked(holder).execution_options(**ANEW))
    found = await work.across(locked(known))
    if not holders or not found or not await _is_newest(work, found[0]):
        raise Refusal(Reason.TOKEN_EXPIRED, path=("token",))
    found[0].use(at=work.now)
    return found[0], holders[0]


async def _is_newest(work: Work, code: OneTimeCode) -> bool:
    """Whether the account has no later one."""
    same = select(OneTimeCode.id).where(OneTimeCode.user_id == code.user_id, OneTimeCode.purpose == code.purpose)
    newest = await work.across(same.order_by(OneTimeCode.id.desc()).limit(1))
    return newest[0] == code.id


async def end_all(work: Work, user: User, *purposes: CodePurpose) -> None:
    """Spend the account's codes: an old letter opens nothing of what is new."""
    lasting = select(OneTimeCode).where(OneTimeCode.user_id == user.id, OneTimeCode.used_at.is_(None))
    wanted = lasting.where(OneTimeCode.purpose.in_(purposes), OneTimeCode.expires_at > work.now)
    for code in await work.across(locked(wanted.order_by(OneTimeCode.id))):
        code.use(at=work.now)


async def owe_letters(context: Context) -> None:
    """Write down the letters of codes asked for meanwhile, and forget those for which there is nobody."""
    untold = select(OneTimeCode.id).where(OneTimeCode.email.is_not(None), OneTimeCode.told_at.is_(None))
    async with context.reading() as reading:
        ids = await reading.all(untold.order_by(OneTimeCode.id).limit(BATCH))
    if ids:
        await _owe(context, ids)


async def _owe(context: Context, ids: Sequence[int]) -> None:
    async with context.work(Verb.SEND_LETTER) as work:
        work.authorize()
        for code in await work.get_all(OneTimeCode, ids):
            if code.told_at is None:
                await _tell(work, code)


async def _tell(work: Work, code: OneTimeCode) -> None:
    code.told_at = work.now
    holder = await routing.account(work, code.email or "")
    if code.purpose is CodePurpose.EMAIL:
        await _tell_of_change(work, code, holder)
    elif holder is None:
        await work.drop(code)
    else:
        code.user_id = holder.id
        work.add(Delivery.of_code(code, letter="password.reset", user=holder, at=work.now))


async def _tell_of_change(work: Work, code: OneTimeCode, holder: User | None) -> None:
    """The present address is told first; then the new one gets the code, or whoever has it already a warning."""
    asker, address = await work.get(User, code.user_id, shared=True), code.email or ""
    if asker.email_key != email_key(address):
        work.add(Delivery.of_code(code, letter="email.changing", user=asker, at=work.now, address=asker.email))
        await work.flush()
    if holder is None or holder.id == asker.id:
        work.add(Delivery.of_code(code, letter="email.confirm", user=asker, at=work.now, address=address))
    else:
        work.add(Delivery.of_code(code, letter="email.taken", user=holder, at=work.now))
