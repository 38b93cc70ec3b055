"""Sizes of audiences, as they are told to whoever may not see each of the people (D12)."""
