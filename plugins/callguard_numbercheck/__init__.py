"""What a caller's number alone gives away: impossible, borrowed, costly, protected, one of a burst."""
