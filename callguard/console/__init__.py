"""The console: a process of its own that shows the house to people with a browser, and to programs by its API.

It reads the call log from its file and asks everything else of the daemon, as the command line does; what goes wrong
here delays no call.
"""
