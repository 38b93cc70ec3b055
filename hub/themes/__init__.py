"""What pages, mails and certificates look like for whom: colors, a logo and a sender, by location, audience, brand or partner (B11)."""
