"""The hub as OpenID provider: systems behind it let people sign in here and nowhere else."""
