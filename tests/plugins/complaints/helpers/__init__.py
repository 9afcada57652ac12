"""What the tests of complaints share."""
