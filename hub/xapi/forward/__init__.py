"""Forwarding statements to other record stores: in order, exactly once where the receiver compares ids."""
