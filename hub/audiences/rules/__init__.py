"""Rules: what they ask of an appointment, whom they reach, their versions, their form and what looks wrong about them."""
