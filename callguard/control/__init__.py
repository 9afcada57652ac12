"""The daemon's control socket: what the command line asks a running house."""
