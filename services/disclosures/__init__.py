"""Disclosures of patients' data and the accountings of them (45 CFR 164.528)."""
