"""WHO: partners, brands, locations, field dimensions, people, appointments and identities."""
