"""Mail to people: written once in the unit that causes it, sealed until it is sent, and visible where nothing sends it."""
