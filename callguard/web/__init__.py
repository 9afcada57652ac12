"""The guarded way to the network: `guard.GuardedWeb` implements `Home.web`."""
