"""Names and roles: who takes part in a placed course, told and asked."""
