"""Network files into the hub: planned as a whole, then written chunk by chunk."""
