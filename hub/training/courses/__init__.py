"""What there is to learn: catalogues of the learning systems, and who takes part."""
