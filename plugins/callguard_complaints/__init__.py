"""Prepares complaints about unwanted calls, which the household then files itself."""
