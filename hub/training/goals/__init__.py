"""What people are to reach: sources, dates, decisions and waivers."""
