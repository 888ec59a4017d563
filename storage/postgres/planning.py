"""Plans that do not go by what statistics say of one company.

The statistics of a table list the companies that have most of its rows. One that came since the
table was last analysed is not among them, so the planner takes it to have a single row: every index
that begins with the company then looks as good as the key, and a statement reads all of the
company's rows for each one that it asks for. Of a company that the planner does not know, it
reckons with as many rows as the others have.

Nor does it know that each of the keys that are asked for comes once, and would keep the answer to
each for the next that is the same.
"""

FOR_ANY_COMPANY = (
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', true),"
    " set_config('enable_memoize', 'off', true)"
)
"""Until the transaction ends, plan statements for parameters that are not known, and keep no
answers."""
