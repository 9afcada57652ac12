"""Reads address books as phones, mail programs and servers write them; bytes in, rows out."""
