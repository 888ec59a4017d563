"""MIPS, the merit-based incentive payment system of Medicare (42 CFR part 414, subpart O)."""
