"""The SIP line: registers at a router, PBX or provider, hears its calls and carries out the verdict."""
