"""Heavy work in a process of its own: `aside.Aside` starts it, `python -m callguard.apart` is it."""
