"""Setup links: a partner's administrator connects systems step by step."""
