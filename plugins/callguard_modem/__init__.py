"""The copper line: hears calls through an analog modem and hangs up on blocked callers."""
