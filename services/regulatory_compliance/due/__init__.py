"""What comes due, in people's calendars and in reminders."""
