"""Pages of the network: looking at it as of a day, changing it, and changing many things at once."""
