"""What is kept of a verdict is enough to reach it again, and says what it was reached with."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256

import pytest
from ca import DAY, ISSUER, KOLESNIK, NOW, ROOT, STRANGER, Holder, authority, crl, issue, key
from cryptography import x509
from forge import BELT, BIGN, algorithm, cms, message
from rows import ACT, POLICY, forged, policy
from rows_path import signed_with_bign

from signing import algorithms
from signing.arithmetic import BuiltIn
from signing.certificates import Owner, OwnerMatch
from signing.policy import Policy, Revocation
from signing.report import report
from signing.revocation import CrlIndex
from signing.verdicts import ERROR_CODES, Outcome, Reason, Verdict
from signing.verify import verify_certificate, verify_signature


def judge(signature: bytes, *, believed: Policy = POLICY, signer: bytes = KOLESNIK.der) -> Verdict:
    """The verdict over the act."""
    return verify_signature(
        signature, digest=lambda _: sha256(ACT).digest(), certificate=signer, policy=believed, at=NOW
    )


def test_a_verdict_is_reached_again_from_what_was_kept() -> None:
    """A year later: the chain and the lists of the evidence, the recorded time, no network."""
    signature = cms(forged(), ISSUER)
    first = judge(signature)

    *_, issuer, anchor = first.chain
    kept = Policy(anchors=(anchor,), intermediates=(issuer,), crls=CrlIndex.of(first.revocation))
    again = judge(signature, believed=kept)

    assert again == first
    assert first.chain == (KOLESNIK.der, ISSUER.der, ROOT.der)


def test_a_revocation_of_today_is_found_though_the_signature_stays() -> None:
    """`now` differs from `atSigning`: validity at acceptance, revocation by today's lists."""
    today = NOW + 100 * DAY
    lists = (crl(ROOT, at=today), crl(ISSUER, KOLESNIK, at=today, revoked_at=NOW + 5 * DAY))
    believed = policy(crls=lists)

    verdict = verify_certificate(KOLESNIK.der, policy=believed, at=NOW, revocation_at=today + DAY)

    assert verdict.reason is Reason.REVOKED


def test_expired_since_is_no_fault_of_the_signature() -> None:
    """Validity is judged at acceptance."""
    brief = issue("Brief", own=key("p256", 50), by=ISSUER, valid=(NOW - DAY, NOW + DAY))
    today = NOW + 100 * DAY
    believed = policy(crls=(crl(ROOT, at=today), crl(ISSUER, at=today)))

    verdict = verify_certificate(brief.der, policy=believed, at=NOW, revocation_at=today + DAY)

    assert verdict.outcome is Outcome.VALID


def test_a_later_list_tells_nothing_of_the_past_unless_the_policy_says_so() -> None:
    """Row 12 is VALID by `retroactive_revocation` alone."""
    later = policy(crls=(crl(ROOT, at=NOW + DAY), crl(ISSUER, at=NOW + DAY)))

    assert verify_certificate(KOLESNIK.der, policy=later, at=NOW).reason is Reason.REVOCATION_UNKNOWN


def test_the_report_says_it_all() -> None:
    """Canonical JSON: policy with its fields, fingerprints, times, libraries, the owner rule."""
    verdict = judge(cms(forged(), ISSUER))
    match = OwnerMatch(result=Owner.SAME, rule="name", certificate_sha256="aa", account_sha256="aa")

    written = report(verdict, POLICY, match)

    told = json.loads(written)
    assert (told["outcome"], told["reason"], told["at"]) == ("VALID", None, "2026-11-24T10:00:00.000000Z")
    assert "ownerRules" not in told["policy"], "the rule that was applied is the owner's, no promise of the policy"
    assert told["policy"]["version"] == POLICY.version == verdict.policy_version
    assert told["policy"]["anchors"] == [sha256(ROOT.der).hexdigest()]
    assert told["chain"] == [sha256(holder.der).hexdigest() for holder in (KOLESNIK, ISSUER, ROOT)]
    assert told["revocation"]["crls"] == [sha256(blob).hexdigest() for blob in verdict.revocation]
    assert told["revocation"]["is"] == "checked"
    assert told["owner"] == {"result": "SAME", "rule": "name", "certificateSha256": "aa", "accountSha256": "aa"}
    assert told["libraries"].keys() == {"cryptography", "pyhanko-certvalidator", "asn1crypto"}
    assert written == json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_report_says_when_revocation_was_not_checked() -> None:
    """In doubt, and under OFF."""
    unlisted = policy(crls=())
    off = replace(unlisted, revocation=Revocation.OFF)

    told = [
        json.loads(report(judge(cms(forged()), believed=believed), believed, Owner.UNKNOWN))["revocation"]["is"]
        for believed in (unlisted, off)
    ]

    assert told == ["not checked", "not asked"]


def test_every_reason_has_a_code_of_the_contract() -> None:
    """Two reasons prove nothing, every other is INVALID."""
    doubts = {reason for reason in Reason if reason.outcome is Outcome.CANNOT_TELL}

    assert ERROR_CODES.keys() == set(Reason)
    assert doubts == {reason for reason, code in ERROR_CODES.items() if code == "SIGNATURE_INDETERMINATE"}


def _namesakes(count: int) -> list[Holder]:
    """Authorities of one name, each a possible issuer of any other (T13)."""
    found = [authority("Test Issuer", own=key("p256", 60 + number), by=STRANGER) for number in range(count)]
    return [authority("Test Issuer", own=holder.key, by=ISSUER) for holder in found]


def test_certificates_of_one_name_do_not_stop_a_worker() -> None:
    """A message with twelve of them is judged; without the limit this test would run for years."""
    verdict = judge(cms(forged(), *_namesakes(12)))

    assert verdict.outcome is Outcome.VALID


def test_certificates_of_the_issuers_name_beside_the_chain_do_not_spoil_it() -> None:
    """T16: in whatever order they come."""
    namesake = authority("Test Issuer", own=key("p256", 59), by=STRANGER)
    beside = [namesake, ISSUER]
    believed = policy(intermediates=())

    verdicts = [judge(cms(forged(), *order), believed=believed) for order in (beside, beside[::-1])]

    assert [verdict.outcome for verdict in verdicts] == [Outcome.VALID, Outcome.VALID]


def test_an_unreadable_certificate_inside_is_refused() -> None:
    """In whatever order they come: openssl could read nothing of such a file, and it is kept as evidence."""
    broken = ISSUER.der.replace(b"Test Issuer", b"Test \xff\xfe\xfduer")
    beside = [Holder(x509.load_der_x509_certificate(broken), ISSUER.key), ISSUER]

    verdicts = [judge(cms(forged(), *order)) for order in (beside, beside[::-1])]

    assert [verdict.reason for verdict in verdicts] == [Reason.MALFORMED, Reason.MALFORMED]


def test_a_spoilt_copy_of_the_signer_inside_is_refused() -> None:
    """Else the file that is kept as evidence would fail in everybody else's hands."""
    spoilt = KOLESNIK.der[:-1] + bytes([KOLESNIK.der[-1] ^ 1])

    verdict = judge(message(forged().signer_info(), certificates=(spoilt,)))

    assert verdict.reason is Reason.CERTIFICATE_NOT_THE_CHOSEN


def test_threads_may_ask_at_once() -> None:
    """One policy, many questions, one answer."""
    fresh = replace(POLICY, id="threads")
    people = [issue(f"Person {number}", own=key("p256", 70 + number), by=ISSUER) for number in range(4)]
    questions = [(cms(forged(person)), person.der) for person in people] * 10

    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(lambda asked: judge(asked[0], believed=fresh, signer=asked[1]), questions))

    assert {verdict.outcome for verdict in verdicts} == {Outcome.VALID}


class Bign:
    """A plug-in that believes every bign signature."""

    signature_algorithms = frozenset({BIGN})
    digest_algorithms = {BELT: sha256}

    def verify(self, spki: bytes, algorithm: bytes, signature: bytes, signed: bytes) -> bool:
        """Always right."""
        return True


def test_a_plug_in_makes_an_algorithm_known() -> None:
    """In the path and in the signature; the digest is asked for by its OID."""
    believed = replace(POLICY, table=algorithms.table(Bign(), BuiltIn()))
    asked = []

    def digest(name: str) -> bytes:
        asked.append(name)
        return sha256(ACT).digest()

    signature = cms(forged(digest_algorithm=algorithm(BELT), signature_algorithm=algorithm(BIGN)))
    verdict = verify_signature(signature, digest=digest, certificate=KOLESNIK.der, policy=believed, at=NOW)

    assert (verdict.outcome, verdict.algorithm, asked) == (Outcome.VALID, BIGN, [BELT])
    assert verify_certificate(signed_with_bign(KOLESNIK), policy=believed, at=NOW).outcome is Outcome.VALID


@pytest.mark.parametrize("revoked", [False, True])
def test_a_partitioned_list_counts(revoked: bool) -> None:
    """What the index does not read, the library does: a list for persons' certificates only."""
    point = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    listed = (KOLESNIK,) if revoked else ()
    believed = policy(crls=(crl(ROOT), crl(ISSUER, *listed, extra=((point, True),))))

    verdict = verify_certificate(KOLESNIK.der, policy=believed, at=NOW)

    assert verdict.reason is (Reason.REVOKED if revoked else None)
    assert len(verdict.revocation) == 2
