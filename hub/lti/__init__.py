"""LTI 1.3: the hub as platform towards the LMSs that hold courses, as tool inside those people use, and between both."""
