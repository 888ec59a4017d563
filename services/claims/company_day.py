"""The calendar day that it is for a company, by the name that claims' services know it by."""

from services.company_calendar import company_today

__all__ = ["company_today"]
