"""What a company reports of where it stands: figures, reports and audit packs, from history."""
