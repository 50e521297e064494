"""Letters about an account itself, whatever cabinets it is in. They cannot be switched off."""

from mailers.letters import EntryLike, Facts, Person, letter
from mailers.samples import NEW_ADDRESS, account_sample
from words import moment


@letter("password.reset", sample=account_sample(), table=("at",), link="password", is_of_cabinet=False)
def password_reset(entry: EntryLike, person: Person) -> Facts:
    """To whoever asked for it at this address; his code sets the password."""
    return _request(entry, person)


@letter("email.confirm", sample=account_sample(), table=("at",), link="email", is_of_cabinet=False)
def email_confirm(entry: EntryLike, person: Person) -> Facts:
    """To the new address of an account; its code confirms it."""
    return _request(entry, person)


@letter("email.changing", sample=account_sample(email=NEW_ADDRESS), table=("email", "at"), is_of_cabinet=False)
def email_changing(entry: EntryLike, person: Person) -> Facts:
    """To the present address of an account, when another one was given for it (EH90)."""
    return _request(entry, person) | {"email": entry.facts["email"]}


@letter("email.taken", sample=account_sample(), table=("at",), is_of_cabinet=False)
def email_taken(entry: EntryLike, person: Person) -> Facts:
    """To whoever has the address that somebody else gave for his own account; that one is told nothing (EH90)."""
    return _request(entry, person)


@letter("mail.trial", sample=account_sample(), table=("at",), is_of_cabinet=False)
def mail_trial(entry: EntryLike, person: Person) -> Facts:
    """To whatever address the server's owner names, to see whether letters leave."""
    return _request(entry, person)


def _request(entry: EntryLike, person: Person) -> dict[str, object]:
    return {"at": moment(entry.at, person.locale, person.time_zone)}
