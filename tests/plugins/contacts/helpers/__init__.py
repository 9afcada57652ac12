"""What the tests of the contacts plugin stand on."""
