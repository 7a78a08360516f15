"""Printed documents: voting notices, receipts and minutes, from plain values to PDF bytes.

Nothing here knows a database or a web request: each module takes frozen dataclasses and returns the bytes of a
tagged PDF (PDF/UA-1).  The same values always give the same bytes.
"""
