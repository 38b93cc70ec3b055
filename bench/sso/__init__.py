"""What a sign-in costs the hub, in processor time, and how a storm of them passes: see ``__main__``."""
