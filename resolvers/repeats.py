"""Idempotency keys are forgotten after a day: the keeper's act."""

from sqlalchemy import select

from models.access import Verb
from models.repeats import KEPT_FOR, IdempotencyKey
from resolvers.context import Context
from resolvers.locks import locked

AT_ONCE = 500


async def forget(context: Context) -> int:
    """Forget keys that are too old, at most 500; how many. Takes no writer's lock when there are none."""
    old = select(IdempotencyKey).where(IdempotencyKey.created_at <= context.outside.clock.now() - KEPT_FOR)
    async with context.reading() as reading:
        if await reading.first(old) is None:
            return 0
    async with context.work(Verb.FORGET_KEYS) as work:
        work.authorize()
        rows = await work.all(locked(old.order_by(IdempotencyKey.id).limit(AT_ONCE)))
        for row in rows:
            await work.drop(row)
    return len(rows)
