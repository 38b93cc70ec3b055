"""People: their records, identities and appointments, where they come from, and two records that become one."""
