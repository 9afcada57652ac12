"""A pretend telephone company on this computer: it rings CallGuard's lines over real SIP."""
