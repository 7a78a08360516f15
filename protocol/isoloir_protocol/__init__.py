"""The Belenios election protocol over Ed25519, version 1 of its data, and a strict verifier of its archives.

Nothing here knows a web framework, a network, a clock or a source of randomness: what is random is asked of a
function that the caller gives (`random(n)` returns n bytes; in production `os.urandom`).

Section numbers in the docstrings (§8, §14.4…) are those of `docs/specification/contest-record.md`.
"""
