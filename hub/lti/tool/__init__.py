"""The hub as LTI tool: launched from the LMSs that people already use."""
