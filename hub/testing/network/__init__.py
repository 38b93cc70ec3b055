"""A believable partner network, invented from a seed: the parts that `generate_network` puts together."""
