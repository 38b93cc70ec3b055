"""What a change would do before it does: to rules, to the network, to many appointments."""
