"""Regulatory compliance: what is required, what was attested and audited, and how MIPS scores."""
