"""Bills to patients, of what payers said is theirs to pay."""
