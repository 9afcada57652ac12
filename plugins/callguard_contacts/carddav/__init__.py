"""Reads address books from a server (CardDAV, RFC 6352); it never writes there."""
