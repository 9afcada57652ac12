"""The REST API: the same house, for programs."""
