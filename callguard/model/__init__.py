"""The ground floor: plain frozen data, one noun a file; no I/O, no clock, no settings."""
