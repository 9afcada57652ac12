"""PhoneBlock: a community list of unwanted callers, kept at home, and asked online without naming the caller."""
