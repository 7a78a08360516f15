"""The credential authority's on-line service (docs/specification/reissue.md R5): a process, a key and a store of its own.

It shares no database, no settings and no framework with the portal: what it knows came from the issue of codes, and what
it signs it checked by itself.
"""
