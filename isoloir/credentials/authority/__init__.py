"""The credential authority: makes voting codes, slots and public credentials away from the portal.

Pure Python: no Django, no database, no network.  It reads the directory that the portal exports (the request) and
writes two directories: `portal/`, public keys and sealed slots that go back to the portal, and `private/`, the codes,
which only the printer of the notices may see.  The portal never learns a code; the authority never learns a vote.
"""
