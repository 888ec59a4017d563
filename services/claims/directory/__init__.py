"""Who stands on claims beside patients and payers: providers, facilities, coverages."""
