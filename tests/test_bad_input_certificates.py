"""Certificates that do not serve: expired, not yet valid, revoked, untrusted, unknown, borrowed; and their proofs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clients import b64
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from household import NAMES, Household, address
from refused import asking, nothing_changes, refusal
from town import CHALLENGE, PDF, REGISTER, SIGN
from wishes import noted

from server.demo import pen
from server.demo.authority import CRL_LIFE, PERSON_LIFE, Authority, Credentials

pytestmark = pytest.mark.anyio

FILE = PDF + b"1"
READ = ["RECIPIENT_DIFFERS"]
REMOVE = """mutation($i: CertificateRemoveInput!) {
  certificateRemove(input: $i) { deletedCertificateId userErrors { code } } }"""
EVIDENCE = """query($id: ID!) { document(id: $id) { status viewerCannotSignReasons signatures {
  id acknowledgedWarnings certificate { subjectName thumbprintSha256 } } } }"""


def publish_crl(house: Household, data: Path, *, revoked: Credentials | None = None) -> None:
    """A CRL of now where the server looks for it; `revoked` is on it."""
    now = house.clock.now()
    builder = x509.CertificateRevocationListBuilder(issuer_name=house.authority.root.subject)
    builder = builder.last_update(now).next_update(now + CRL_LIFE)
    if revoked is not None:
        line = x509.RevokedCertificateBuilder().serial_number(revoked.x509.serial_number).revocation_date(now)
        builder = builder.add_revoked_certificate(line.build())
    key = load_pem_private_key((data / "authority" / "root.key").read_bytes(), password=None)
    crl = builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]  # the authority's key is on a curve
    (data / "crls" / "demo-root.crl").write_bytes(crl.public_bytes(Encoding.PEM))


async def intent_of(house: Household, who: str, external_id: str = "1") -> str:
    """Somebody is about to sign a document for Колесник."""
    document_id = await house.receive(external_id, "kolesnik")
    return str((await house.prepare(who, document_id))["intent"]["id"])


async def test_a_certificate_that_expires_between_choice_and_signature_is_refused(
    house: Household, tmp_path: Path
) -> None:
    """EB36: the server's clock rules (EB50): expired at acceptance is CERTIFICATE_EXPIRED."""
    signature = house.signature("urbanovich", FILE)
    house.clock.move(PERSON_LIFE - timedelta(minutes=5))
    publish_crl(house, tmp_path / "data")
    intent_id = await intent_of(house, "urbanovich")
    house.clock.move(timedelta(minutes=6))

    told = await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=signature, acknowledgedWarnings=READ
    )

    assert told.place == ("CERTIFICATE_EXPIRED", ["signature"])
    assert "истёк" in told.ru


async def test_who_has_only_an_expired_certificate_cannot_sign(house: Household, tmp_path: Path) -> None:
    """EB36, A6: an expired certificate is no key any more: NO_SIGNING_KEY."""
    house.clock.move(PERSON_LIFE + timedelta(minutes=1))
    publish_crl(house, tmp_path / "data")
    document_id = await house.receive("1", "kolesnik")
    wish = {"documentId": document_id, "certificateId": house.certificates["urbanovich"]}

    told = await refusal(house, "urbanovich", "signaturePrepare", **wish)

    assert (told.code, told.error["reasons"]) == ("CANNOT_SIGN", ["NO_SIGNING_KEY"])


async def test_a_certificate_of_tomorrow_is_not_registered(house: Household) -> None:
    """EB36: not yet valid is refused before the person fetches the token, and not by the word "expired" alone."""
    tomorrow = house.clock.now() + timedelta(days=1)
    keys = house.authority.issue(NAMES["chaika"], email=address("chaika"), organization=None, unp=None, at=tomorrow)

    told = await refusal(house, "chaika", "certificateChallengeCreate", certificate=b64(keys.der))

    assert told.place == ("CERTIFICATE_EXPIRED", ["certificate"])
    assert "не наступил" in told.ru


async def test_a_revoked_certificate_does_not_sign(house: Household, tmp_path: Path) -> None:
    """EB36: revoked between choice and signature: CERTIFICATE_REVOKED; afterwards it is not offered any more."""
    intent_id = await intent_of(house, "urbanovich")
    publish_crl(house, tmp_path / "data", revoked=house.authority.credentials(address("urbanovich")))
    house.clock.move(timedelta(minutes=1))

    signature = house.signature("urbanovich", FILE)
    told = await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=signature, acknowledgedWarnings=READ
    )
    again = await house.prepare("urbanovich", await house.receive("2", "kolesnik"))

    assert told.place == ("CERTIFICATE_REVOKED", ["signature"])
    assert [error["code"] for error in again["userErrors"]] == ["CANNOT_SIGN"]


async def test_a_signature_outlives_its_certificate(house: Household, tmp_path: Path) -> None:
    """EB36: revoked after signing: the signature stays, and handing it in again gives it."""
    document_id = await house.receive("1", "kolesnik")
    intent = (await house.prepare("urbanovich", document_id))["intent"]
    wish = {"intentId": intent["id"], "signature": house.signature("urbanovich", FILE), "acknowledgedWarnings": READ}
    taken = await house.act("urbanovich", SIGN, **wish)
    publish_crl(house, tmp_path / "data", revoked=house.authority.credentials(address("urbanovich")))
    house.clock.move(timedelta(minutes=1))

    async with nothing_changes(house):
        again = await house.act("urbanovich", SIGN, **wish)

    assert again == taken
    document = (await house.ask("kolesnik", EVIDENCE, id=document_id))["document"]
    assert (document["status"], [s["id"] for s in document["signatures"]]) == ("SIGNED", [taken["signature"]["id"]])


async def test_without_fresh_word_of_revocation_nothing_is_stored(house: Household) -> None:
    """EB37: the CRL is too old: neither valid nor invalid, SIGNATURE_INDETERMINATE, and the sentence says why."""
    house.clock.move(CRL_LIFE - timedelta(minutes=5))
    intent_id = await intent_of(house, "urbanovich")
    signature = house.signature("urbanovich", FILE)
    house.clock.move(timedelta(minutes=6))

    told = await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=signature, acknowledgedWarnings=READ
    )

    assert told.place == ("SIGNATURE_INDETERMINATE", ["signature"])
    assert "отзыве" in told.ru


async def test_a_certificate_of_an_unknown_authority_is_not_registered(house: Household, tmp_path: Path) -> None:
    """Issue 3: whom the server does not trust is CERTIFICATE_UNTRUSTED, before a challenge is made."""
    stranger = Authority.found(tmp_path / "stranger", at=house.clock.now())
    keys = stranger.issue(NAMES["chaika"], email=address("chaika"), organization=None, unp=None, at=house.clock.now())

    told = await refusal(house, "chaika", "certificateChallengeCreate", certificate=b64(keys.der))

    assert told.place == ("CERTIFICATE_UNTRUSTED", ["certificate"])


@pytest.mark.parametrize("der", [b"", b"certificate", b"\x30\x03\x02\x01\x01", b"\x30\x80\x00\x00"])
async def test_what_is_no_certificate_is_invalid(house: Household, der: bytes) -> None:
    """Issue 3: broken DER is INVALID at `certificate`; one too large is TOO_LONG."""
    told = await refusal(house, "chaika", "certificateChallengeCreate", certificate=b64(der))
    large = await refusal(house, "chaika", "certificateChallengeCreate", certificate=b64(b"\x30" * 20_000))

    assert told.place == ("INVALID", ["certificate"])
    assert large.place == ("TOO_LONG", ["certificate"])


async def challenge_of(house: Household, who: str, keys: Credentials) -> str:
    """The text that somebody is asked to sign."""
    return str((await house.act(who, CHALLENGE, certificate=b64(keys.der)))["challenge"])


def fresh(house: Household, who: str, *, slug: str | None = None) -> Credentials:
    """A new key and certificate of somebody, not registered yet."""
    email = f"{slug}@romashka.example" if slug else address(who)
    return house.authority.issue(NAMES[who], email=email, organization=None, unp=None, at=house.clock.now())


async def test_a_challenge_is_answered_by_its_asker_with_its_key_once(house: Household) -> None:
    """EH91: another user's challenge, a proof by another key, a used or old challenge: each is refused."""
    keys = fresh(house, "chaika")
    other = house.authority.credentials(address("kolesnik"))
    text = await challenge_of(house, "chaika", keys)
    proof = b64(pen.prove(text.encode(), keys.private_key))

    stolen = await refusal(house, "kolesnik", "certificateRegister", challenge=text, proof=proof)
    forged = b64(pen.prove(text.encode(), other.private_key))
    wrong = await refusal(house, "chaika", "certificateRegister", challenge=text, proof=forged)
    garbage = await refusal(house, "chaika", "certificateRegister", challenge=text, proof=b64(b"\x00"))
    unknown = await refusal(house, "chaika", "certificateRegister", challenge="x", proof=proof)
    await house.act("chaika", REGISTER, challenge=text, proof=proof)
    used = await refusal(house, "chaika", "certificateRegister", challenge=text, proof=proof)

    assert stolen.place == unknown.place == used.place == ("TOKEN_EXPIRED", ["challenge"])
    assert wrong.place == ("SIGNATURE_INVALID", ["proof"])
    assert garbage.path == ["proof"] and garbage.code in {"SIGNATURE_INVALID", "SIGNATURE_MALFORMED"}


async def test_a_challenge_is_good_for_ten_minutes(house: Household) -> None:
    """EH91: a late answer is TOKEN_EXPIRED."""
    keys = fresh(house, "chaika")
    text = await challenge_of(house, "chaika", keys)
    house.clock.move(timedelta(minutes=10))

    proof = b64(pen.prove(text.encode(), keys.private_key))
    told = await refusal(house, "chaika", "certificateRegister", challenge=text, proof=proof)

    assert told.place == ("TOKEN_EXPIRED", ["challenge"])


async def test_a_certificate_of_another_account_is_refused_until_it_is_removed(house: Household) -> None:
    """EH91: another account's certificate is INVALID; a removed one's signatures stay."""
    document_id = await house.receive("1", "kolesnik")
    await house.sign("urbanovich", document_id, FILE)
    keys = house.authority.credentials(address("urbanovich"))
    text = await challenge_of(house, "chaika", keys)
    proof = b64(pen.prove(text.encode(), keys.private_key))

    told = await refusal(house, "chaika", "certificateRegister", challenge=text, proof=proof)
    await house.act("urbanovich", REMOVE, certificateId=house.certificates["urbanovich"])

    assert told.place == ("INVALID", ["challenge"])
    document = (await house.ask("kolesnik", EVIDENCE, id=document_id))["document"]
    assert (document["status"], len(document["signatures"])) == ("SIGNED", 1)
    again = await house.act("chaika", REGISTER, challenge=text, proof=proof)
    assert again["certificate"]["isUsable"] is True


async def test_a_borrowed_token_is_warned_of_and_recorded(house: Household) -> None:
    """EB38: a certificate that names another person signs only with CERTIFICATE_OWNER_DIFFERS read, and it is kept."""
    keys = fresh(house, "chaika")
    text = await challenge_of(house, "kolesnik", keys)
    proof = b64(pen.prove(text.encode(), keys.private_key))
    borrowed = (await house.act("kolesnik", REGISTER, challenge=text, proof=proof))["certificate"]["id"]
    document_id = await house.receive("1", "kolesnik")
    prepared = await house.try_to("kolesnik", PREPARE_ALL, documentId=document_id, certificateId=borrowed)
    signature = b64(pen.sign(FILE, key=keys.private_key, certificate=keys.x509, claimed_at=house.clock.now()))
    wish = {"intentId": prepared["intent"]["id"], "signature": signature}

    told = await refusal(house, "kolesnik", "documentSign", **wish)
    await house.act("kolesnik", SIGN, **wish, acknowledgedWarnings=["CERTIFICATE_OWNER_DIFFERS"])

    assert [warning["code"] for warning in prepared["intent"]["warnings"]] == ["CERTIFICATE_OWNER_DIFFERS"]
    assert told.code == "WARNINGS_NOT_ACKNOWLEDGED"
    assert NAMES["chaika"] in told.ru and NAMES["kolesnik"] in told.ru
    (signature_row,) = (await house.ask("kolesnik", EVIDENCE, id=document_id))["document"]["signatures"]
    assert signature_row["acknowledgedWarnings"] == ["CERTIFICATE_OWNER_DIFFERS"]
    assert signature_row["certificate"]["subjectName"] == NAMES["chaika"]


PREPARE_ALL = """mutation($i: SignaturePrepareInput!) { signaturePrepare(input: $i) {
  intent { id warnings { code } certificate { id } } userErrors { code } } }"""


async def test_the_chosen_of_several_certificates_is_recorded(house: Household) -> None:
    """EB39: RECIPIENT_DIFFERS hangs on the person, not on the certificate; another one than chosen is refused."""
    keys = fresh(house, "urbanovich", slug="urbanovich.second")
    text = await challenge_of(house, "urbanovich", keys)
    proof = b64(pen.prove(text.encode(), keys.private_key))
    second = (await house.act("urbanovich", REGISTER, challenge=text, proof=proof))["certificate"]["id"]
    document_id = await house.receive("1", "kolesnik")
    pairs = [
        await house.act("urbanovich", PREPARE_ALL, documentId=document_id, certificateId=certificate)
        for certificate in (house.certificates["urbanovich"], second)
    ]
    assert {warning["code"] for pair in pairs for warning in pair["intent"]["warnings"]} >= set(READ)
    read = [warning["code"] for warning in pairs[1]["intent"]["warnings"]]

    wish = {"intentId": pairs[1]["intent"]["id"], "acknowledgedWarnings": read}
    told = await refusal(house, "urbanovich", "documentSign", **wish, signature=house.signature("urbanovich", FILE))
    chosen = b64(pen.sign(FILE, key=keys.private_key, certificate=keys.x509, claimed_at=house.clock.now()))
    await house.act("urbanovich", SIGN, **wish, signature=chosen)

    assert told.code == "CERTIFICATE_MISMATCH"
    (row,) = (await house.ask("kolesnik", EVIDENCE, id=document_id))["document"]["signatures"]
    assert row["certificate"]["thumbprintSha256"] == keys.x509.fingerprint(hashes.SHA256()).hex()


async def test_a_member_without_a_key_sees_and_is_written_to_but_cannot_sign(house: Household) -> None:
    """EB40, C22, A6: NO_SIGNING_KEY, whatever certificate is named; the letter about the document still comes."""
    async with noted(house) as came:
        document_id = await house.receive("1", "kolesnik")
    names = ["не id", house.certificates["urbanovich"]]

    told = [
        await refusal(house, "chaika", "signaturePrepare", documentId=document_id, certificateId=name) for name in names
    ]

    assert [(error.code, error.error["reasons"]) for error in told] == [("CANNOT_SIGN", ["NO_SIGNING_KEY"])] * 2
    document = (await house.ask("chaika", EVIDENCE, id=document_id))["document"]
    assert document["viewerCannotSignReasons"] == ["NO_SIGNING_KEY"]
    assert "chaika" in [reader for _, reader in came.letters]


async def test_a_certificate_of_a_colleague_is_not_found(house: Household) -> None:
    """EE74, C22: who has a key but names a colleague's certificate gets NOT_FOUND at `certificateId`."""
    document_id = await house.receive("1", "kolesnik")
    wish = {"documentId": document_id, "certificateId": house.certificates["kolesnik"]}

    told = await refusal(house, "urbanovich", "signaturePrepare", **wish)
    answer = await house.try_to("urbanovich", asking("signaturePrepare"), **wish)

    assert told.place == ("NOT_FOUND", ["certificateId"])
    assert answer == {"userErrors": [told.error]}
