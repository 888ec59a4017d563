"""Risk assessments: risks by likelihood and impact, approved by somebody else, and acted upon."""
