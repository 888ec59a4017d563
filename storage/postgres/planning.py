"""Plans that do not go by what statistics say of one company.

The statistics of a table list the companies that have most of its rows. One that came since the
table was last analysed is not among them, so the planner takes it to have a single row: every index
that begins with the company then looks as good as the key, and a statement reads all of the
company's rows for each one that it asks for. Of a company that the planner does not know, it
reckons with as many rows as the others have.
"""

FOR_ANY_COMPANY = "SET LOCAL plan_cache_mode = force_generic_plan"
"""Until the transaction ends, plan statements for parameters that are not known."""
