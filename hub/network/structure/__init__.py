"""The network itself: partners, locations, brands, dimensions with their trees, and who looks after what."""
