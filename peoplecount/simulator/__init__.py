"""Virtual cameras that speak SUNAPI over real HTTP; they know nothing of the rest."""
