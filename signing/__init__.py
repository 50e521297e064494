"""Signatures: policy and bytes in, a verdict out. Knows nothing of cabinets, opens no connection, reads no clock.

Ask `verify.verify_signature`, `verify.verify_certificate` and `verify.verify_proof` (synchronous: call them through a
thread); `policy.PolicyFolder` gives the policy of the moment, `certificates.describe` what a certificate says.
"""
