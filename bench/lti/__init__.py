"""What a launch and a score cost the hub, in processor time: see ``__main__``."""
