"""The house rules as queries over PostgreSQL's catalogue (15 to 18).

Each finds what breaks it: a subject and a detail. What an extension owns is nobody's of ours.
"""

from collections.abc import Mapping

_SUBJECTS = """
extensions AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
relations AS (
    SELECT c.oid, c.relname::text AS name, c.relkind, c.relispartition, c.relacl, c.relowner,
           c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
           c.relname = ANY (%(exempt)s::text[]) AS is_exempt
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace
      AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM extensions)
),
governed AS (
    SELECT * FROM relations WHERE relkind IN ('r', 'p', 'f') AND NOT is_exempt
),
columns AS (
    SELECT g.name AS table_name, g.oid AS table_oid, a.attname::text AS name, a.attnum,
           a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, a.attacl,
           format_type(a.atttypid, a.atttypmod) AS type
    FROM governed g
    JOIN pg_attribute a ON a.attrelid = g.oid AND a.attnum > 0 AND NOT a.attisdropped
),
roles AS (
    SELECT r.oid, r.rolname::text AS name, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
           r.rolcreatedb, r.rolreplication
    FROM pg_roles r WHERE r.rolname = ANY (%(roles)s::text[])
),
grantees AS (
    SELECT oid, name FROM roles UNION ALL SELECT 0, 'PUBLIC'
),
policies AS (
    SELECT p.polrelid, p.polname, p.polpermissive,
           p.polcmd = '*' AND p.polroles = '{0}'
           AND lower(regexp_replace(pg_get_expr(p.polqual, p.polrelid),
                                    '::text|AS "nullif"|[[:space:]()]', '', 'g'))
               = ANY (%(conditions)s::text[])
           AND lower(regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid),
                                    '::text|AS "nullif"|[[:space:]()]', '', 'g'))
               = ANY (%(conditions)s::text[]) AS is_bound
    FROM pg_policy p
)
"""

_TABLES: Mapping[str, str] = {
    "every table of the program is there": """
SELECT wanted, 'missing' FROM unnest(%(tables)s::text[]) AS wanted
WHERE wanted NOT IN (SELECT name FROM governed)
""",
    "rows name their company and themselves by UUIDs": """
SELECT g.name, wanted FROM governed g CROSS JOIN unnest('{company_id,id}'::text[]) AS wanted
WHERE NOT EXISTS (
    SELECT FROM columns c
    WHERE c.table_oid = g.oid AND c.name = wanted AND c.atttypid = 'uuid'::regtype
      AND c.attnotnull
)
""",
    "the primary key is (company_id, id)": """
SELECT g.name, coalesce(pg_get_constraintdef(k.oid), 'none') FROM governed g
LEFT JOIN pg_constraint k ON k.conrelid = g.oid AND k.contype = 'p'
WHERE pg_get_constraintdef(k.oid) IS DISTINCT FROM 'PRIMARY KEY (company_id, id)'
""",
    "uniqueness holds within a company": """
SELECT g.name, i.indexrelid::regclass::text FROM governed g
JOIN pg_index i ON i.indrelid = g.oid AND i.indisunique
LEFT JOIN columns c ON c.table_oid = g.oid AND c.attnum = i.indkey[0]
WHERE c.name IS DISTINCT FROM 'company_id'
""",
    "an index begins with company_id": """
SELECT g.name, i.indexrelid::regclass::text FROM governed g
JOIN pg_index i ON i.indrelid = g.oid AND NOT i.indisunique
LEFT JOIN columns c ON c.table_oid = g.oid AND c.attnum = i.indkey[0]
WHERE c.name IS DISTINCT FROM 'company_id'
""",
    "an index is valid": """
SELECT g.name, i.indexrelid::regclass::text FROM governed g
JOIN pg_index i ON i.indrelid = g.oid AND NOT (i.indisvalid AND i.indisready)
""",
    "a foreign key stays within a company": """
SELECT g.name, k.conname::text FROM governed g
JOIN pg_constraint k ON k.conrelid = g.oid AND k.contype = 'f'
WHERE NOT EXISTS (
    SELECT FROM unnest(k.conkey, k.confkey) AS pair (ours, theirs)
    JOIN columns a ON a.table_oid = k.conrelid AND a.attnum = pair.ours
    JOIN columns b ON b.table_oid = k.confrelid AND b.attnum = pair.theirs
    WHERE a.name = 'company_id' AND b.name = 'company_id'
)
""",
    "a foreign key has looked at every row": """
SELECT g.name, k.conname::text FROM governed g
JOIN pg_constraint k ON k.conrelid = g.oid AND k.contype = 'f' AND NOT k.convalidated
""",
    "a foreign key changes no other row": """
SELECT g.name, k.conname::text FROM governed g
JOIN pg_constraint k ON k.conrelid = g.oid AND k.contype = 'f'
WHERE k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r')
""",
}

_COLUMNS: Mapping[str, str] = {
    "no column counts by itself": """
SELECT c.table_name, c.name FROM columns c
LEFT JOIN pg_attrdef d ON d.adrelid = c.table_oid AND d.adnum = c.attnum
WHERE c.attidentity <> '' OR strpos(pg_get_expr(d.adbin, d.adrelid), 'nextval(') > 0
""",
    "there are no sequences": """
SELECT r.name, 'sequence' FROM relations r
WHERE r.relkind = 'S' AND NOT EXISTS (
    SELECT FROM pg_depend d JOIN relations t ON t.oid = d.refobjid AND t.is_exempt
    WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')
)
""",
    "there are no database enums": """
SELECT t.typname::text, 'enum' FROM pg_type t
WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
  AND NOT starts_with(t.typname, 'procrastinate_')
  AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM extensions)
""",
    "numbers are exact": """
SELECT c.table_name, c.name FROM columns c
WHERE c.type ~ '^(real|double precision|money)' OR c.type ~ '^numeric(\\[\\])*$'
""",
    "money is bigint": """
SELECT c.table_name, c.name FROM columns c
WHERE right(c.name, 6) = '_cents' AND c.atttypid <> 'bigint'::regtype
""",
    "moments have a time zone": """
SELECT c.table_name, c.name FROM columns c
WHERE c.type ~ '^time' AND c.type !~ '^timestamp(\\(\\d\\))? with time zone'
""",
    "a closed vocabulary is closed by a CHECK": """
SELECT e.table_name, e.column_name
FROM unnest(%(choice_tables)s::text[], %(choice_columns)s::text[], %(choice_values)s::text[])
     AS e (table_name, column_name, words)
LEFT JOIN columns c ON c.table_name = e.table_name AND c.name = e.column_name
WHERE NOT EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = c.table_oid AND k.contype = 'c' AND k.convalidated
      AND k.conkey = ARRAY[c.attnum]
      AND e.words = (
          SELECT string_agg(m[1], ',' ORDER BY m[1] COLLATE "C")
          FROM regexp_matches(pg_get_constraintdef(k.oid), '''([^'']*)''::text', 'g') AS m
      )
)
""",
    "a column of states is a closed vocabulary": """
SELECT c.table_name, c.name FROM columns c
WHERE c.name ~ '(^|_)(status|kind|type|level|role|action|method|outcome)$'
  AND c.atttypid = 'text'::regtype
  AND NOT (c.table_name || '.' || c.name = ANY (%(open_words)s::text[]))
  AND NOT EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = c.table_oid AND k.contype = 'c' AND k.conkey = ARRAY[c.attnum]
  )
""",
    "every declared CHECK holds": """
SELECT e.table_name, e.name
FROM unnest(%(check_tables)s::text[], %(check_names)s::text[]) AS e (table_name, name)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint k JOIN relations r ON r.oid = k.conrelid
    WHERE r.name = e.table_name AND k.conname = e.name AND k.contype = 'c' AND k.convalidated
)
""",
}

_LOCKS: Mapping[str, str] = {
    "row-level security is enabled and forced": """
SELECT g.name, CASE WHEN g.relrowsecurity THEN 'not forced' ELSE 'not enabled' END
FROM governed g WHERE NOT (g.relrowsecurity AND g.relforcerowsecurity)
""",
    "a floor and one policy, both of them bound to the company": """
SELECT g.name,
       coalesce((SELECT string_agg(p.polname, ', ') FROM policies p WHERE p.polrelid = g.oid),
                'no policy')
FROM governed g
WHERE ARRAY(SELECT p.polpermissive FROM policies p WHERE p.polrelid = g.oid AND p.is_bound
            ORDER BY 1) <> '{f,t}'
   OR (SELECT count(*) FROM policies p WHERE p.polrelid = g.oid) <> 2
""",
    "there are no triggers or rules": """
SELECT g.name, t.tgname::text FROM governed g
JOIN pg_trigger t ON t.tgrelid = g.oid AND NOT t.tgisinternal
UNION ALL
SELECT g.name, w.rulename::text FROM governed g JOIN pg_rewrite w ON w.ev_class = g.oid
""",
    "foreign keys are enforced": """
SELECT g.name, t.tgname::text FROM governed g
JOIN pg_trigger t ON t.tgrelid = g.oid AND t.tgisinternal AND t.tgenabled <> 'O'
""",
    "there are no materialised views": """
SELECT name, 'materialised view' FROM relations WHERE relkind = 'm'
""",
    "a view asks with the rights of who reads it": """
SELECT name, 'security_invoker is off' FROM relations
WHERE relkind = 'v' AND NOT is_exempt
  AND NOT coalesce(reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}',
                   false)
""",
    "only known functions run with their owner's rights": """
SELECT p.proname::text, 'SECURITY DEFINER' FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
  AND NOT (p.proname = ANY (%(definers)s::text[]))
  AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM extensions)
""",
    "a function with its owner's rights fixes its search_path": """
SELECT p.proname::text, 'search_path' FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE starts_with(c, 'search_path='))
""",
    "not everybody may call a function with its owner's rights": """
SELECT p.proname::text, 'EXECUTE to PUBLIC' FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
  AND EXISTS (
    SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE a.grantee = 0
  )
""",
}

_RIGHTS: Mapping[str, str] = {
    "a role can do exactly what storage.security says": """
SELECT r.name, e.name || ': ' || coalesce(held.verbs, 'nothing') || ', not '
       || coalesce(wanted.verbs, 'nothing')
FROM relations r
CROSS JOIN grantees e
LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT a.privilege_type, ',' ORDER BY a.privilege_type)
           || CASE WHEN bool_or(a.is_grantable) THEN ' with grant option' ELSE '' END AS verbs
    FROM aclexplode(r.relacl) AS a WHERE a.grantee = e.oid
) AS held ON true
LEFT JOIN (
    SELECT e.table_name, e.role, string_agg(verb, ',' ORDER BY verb) AS verbs
    FROM unnest(%(grant_tables)s::text[], %(grant_roles)s::text[], %(grant_verbs)s::text[])
         AS e (table_name, role, verbs)
    CROSS JOIN unnest(string_to_array(e.verbs, ',')) AS verb
    GROUP BY e.table_name, e.role
) AS wanted ON wanted.table_name = r.name AND wanted.role = e.name
WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND held.verbs IS DISTINCT FROM wanted.verbs
""",
    "nothing is granted by column": """
SELECT c.table_name, c.name FROM columns c
CROSS JOIN LATERAL aclexplode(c.attacl) AS a JOIN grantees e ON e.oid = a.grantee
""",
    "nothing is granted on what will be made": """
SELECT e.name, 'default privileges' FROM pg_default_acl d
CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a JOIN grantees e ON e.oid = a.grantee
WHERE d.defaclobjtype IN ('r', 'S')
""",
    "a role makes nothing in the schema": """
SELECT r.name, 'CREATE' FROM roles r WHERE has_schema_privilege(r.oid, 'public', 'CREATE')
""",
    "a role is restricted": """
SELECT r.name, attribute FROM roles r
CROSS JOIN LATERAL (VALUES
    ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole),
    ('CREATEDB', r.rolcreatedb), ('REPLICATION', r.rolreplication)
) AS has (attribute, it) WHERE has.it
""",
    "a role owns nothing": """
SELECT DISTINCT r.name, pg_describe_object(d.classid, d.objid, d.objsubid) FROM roles r
JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
                  AND d.deptype = 'o'
WHERE d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND NOT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relpersistence = 't'
  )
""",
    "a role is a member of nothing": """
SELECT r.name, m.roleid::regrole::text FROM roles r JOIN pg_auth_members m ON m.member = r.oid
""",
    "no setting binds a company": """
SELECT coalesce(d.setrole::regrole::text, 'database'), setting FROM pg_db_role_setting d
CROSS JOIN unnest(d.setconfig) AS setting
WHERE starts_with(setting, 'app.company_id=') OR setting = 'row_security=off'
""",
}

RULES: Mapping[str, str] = {**_TABLES, **_COLUMNS, **_LOCKS, **_RIGHTS}
"""Each rule by what is true while it holds; its query yields a subject and a detail."""


def _query() -> str:
    parts = (
        f"SELECT $rule${rule}$rule$, found.* FROM ({query}) AS found"  # noqa: S608 -- constants
        for rule, query in RULES.items()
    )
    return f"WITH {_SUBJECTS}" + "\nUNION ALL ".join(parts)


QUERY = _query()
"""All rules as one statement: rule, subject, detail."""
