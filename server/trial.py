"""A trial letter, beside the outbox: whether letters leave, and what the mail server says. `cabinet mail test`."""

from dataclasses import replace
from datetime import datetime
from secrets import token_hex

from mailers import Person, Stationery, message, write
from mailers.samples import account_sample
from models.accounts import checked_email
from server.mail import Outcome, Transport


async def send_trial(
    transport: Transport, stationery: Stationery, *, to: str, locale: str, time_zone: str, at: datetime
) -> Outcome:
    """Hand a trial letter over to the mail server and hang up; what became of it. INVALID for what is no address."""
    address = checked_email(to, path=("to",))
    person = Person(name=address, email=address, locale=locale, time_zone=time_zone)
    written = write("mail.trial", replace(account_sample(), at=at), person)
    new_id = f"<mail.trial.{token_hex(12)}@{stationery.mail_domain}>"
    try:
        return await transport.deliver(message(written, stationery, message_id=new_id), to=address)
    finally:
        await transport.close()
