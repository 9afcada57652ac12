"""The command line: one family of commands a file; heavy things are imported only where they are needed."""
