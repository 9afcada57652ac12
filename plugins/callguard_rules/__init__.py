"""The household's own allow and block lists."""
