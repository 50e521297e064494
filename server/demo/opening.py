"""The opening of the demo: operators, the exchange, two cabinets, their members with passwords and registered keys.

Gives back nothing: what it makes stands in the `Stage`. Every call of `done` is one step of `STEPS`.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from models.accounts import CodePurpose, Locale, OneTimeCode, OperatorKind, User, email_key
from models.members import Member, MemberRole
from resolvers import cabinets, certificates, members, owner, sessions, tokens
from resolvers.members import Given, Newcomer, NewUser
from server.demo.authority import Authority
from server.demo.cast import (
    AT_POLESYE,
    AT_ROMASHKA,
    HOTLINE,
    HOUSEHOLDS,
    MANAGER,
    OPERATORS,
    PASSWORD,
    Household,
    Operator,
    Person,
)
from server.demo.pen import prove
from server.demo.stage import EXCHANGE, Stage, named

STEPS = len(OPERATORS) + sum(len(household.people) for household in HOUSEHOLDS)
PAUSE = timedelta(minutes=17)

_OPENED_BY = {AT_ROMASHKA: HOTLINE, AT_POLESYE: MANAGER}


async def open_doors(stage: Stage, authority: Authority, *, done: Callable[[], None]) -> None:
    """Let everybody in, one after another, from the time of the stage's clock on."""
    for operator in OPERATORS:
        await _hire(stage, operator)
        done()
    token = await owner.exchange_token(stage.as_server(), name=EXCHANGE)
    stage.exchange_token_hash = tokens.hash_of(token)
    for household in HOUSEHOLDS:
        await _move_in(stage, household, authority, done)


async def _hire(stage: Stage, operator: Operator) -> None:
    kind = OperatorKind(operator.desk.value)
    hired = await owner.make_operator(
        stage.as_server(), email=operator.email, display_name=operator.name, kind=kind, phone="+375 17 000-00-00"
    )
    stage.accounts[operator.email] = hired.user.id
    await sessions.set_password(stage.as_anybody(), code=hired.code or "", password=PASSWORD)


async def _move_in(stage: Stage, household: Household, authority: Authority, done: Callable[[], None]) -> None:
    by = _OPENED_BY[household]
    stage.cabinets[household.firm] = await _open(stage, household, by)
    for person in sorted(household.people, key=lambda each: each is not household.admin):
        stage.clock.at += PAUSE
        if person is not household.admin:
            await _add(stage, household, person, by)
        await _register(stage, household, person)
        if person.has_key:
            await _bring_key(stage, person, authority)
        done()


async def _open(stage: Stage, household: Household, by: Operator) -> int:
    opened = await cabinets.create(
        stage.as_person(by),
        organization=named(household.firm),
        first_admin=_newcomer(household.admin),
        given=Given(text="Договор на обслуживание, заявление директора", ticket=f"ЗАЯ-{household.firm.tax_id[-3:]}"),
    )
    return opened.id


async def _add(stage: Stage, household: Household, person: Person, by: Operator) -> None:
    await members.add(
        stage.as_person(by),
        cabinet_id=stage.cabinets[household.firm],
        newcomer=_newcomer(person),
        given=Given(text=f"Письмо администратора: {household.admin.name}", ticket=f"ЗАЯ-{1000 + len(stage.accounts)}"),
    )


def _newcomer(person: Person) -> Newcomer:
    return Newcomer(
        new_user=NewUser(display_name=person.name, email=person.email, locale=Locale(person.locale.upper())),
        company=named(person.company),
        role=MemberRole(person.role.value),
    )


async def _register(stage: Stage, household: Household, person: Person) -> None:
    """The invited one follows the link of his letter and chooses a password."""
    code = await _invitation(stage, person)
    user = await sessions.set_password(stage.as_anybody(), code=code, password=PASSWORD)
    stage.accounts[person.email] = user.id
    stage.homes[person.email] = stage.cabinets[household.firm]


async def _invitation(stage: Stage, person: Person) -> str:
    """The code that the postman would have put into the letter."""
    codes = select(OneTimeCode).join(User, User.id == OneTimeCode.user_id)
    own = codes.where(User.email_key == email_key(person.email), OneTimeCode.purpose == CodePurpose.INVITATION)
    async with stage.as_server().reading() as reading:
        [row] = await reading.all(own)
    return stage.world.secrets.code(row.purpose.value, row.seed)


async def _bring_key(stage: Stage, person: Person, authority: Authority) -> None:
    credentials = authority.issue(
        person.name,
        email=person.email,
        organization=person.company.name,
        unp=person.company.tax_id,
        at=stage.clock.now(),
    )
    asked = await certificates.challenge(stage.as_person(person), der=credentials.der)
    proof = prove(asked.text.encode(), credentials.private_key)
    registered = await certificates.register(stage.as_person(person), text=asked.text, proof=proof)
    stage.certificates[person.email] = registered.id


async def block(stage: Stage, person: Person) -> None:
    """The hotline blocks a member on somebody's word."""
    own = select(Member.id).where(Member.user_id == stage.accounts[person.email])
    async with stage.as_server().reading() as reading:
        [member_id] = await reading.all(own)
    admin = next(household.admin for household in HOUSEHOLDS if person in household.people)
    given = Given(text=f"Звонок администратора ({admin.name}): договор подряда окончен", ticket="ЗАЯ-2481")
    await members.block(stage.as_person(HOTLINE), member_id=member_id, given=given)
