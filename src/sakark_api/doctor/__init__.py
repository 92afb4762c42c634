"""`sakark doctor`: every setting and every peer looked at, and what to mend said in plain words.

| Id | Looks at |
|---|---|
| `settings` | what stops the start: unknown, wrong and contradictory settings |
| `public-url`, `metrics-port`, `tmp-folder` | what the service is told about its own place |
| `database-address`, `database-connection` | the way to the database, and the login |
| `database-version`, `database-encoding`, `database-norwegian`, `database-time-zone` | the server |
| `database-durability`, `database-capacity` | whether answers are kept, room for connections |
| `database-rights` | superuser, BYPASSRLS, owner: unsafe to serve with |
| `database-role`, `database-pooler` | becoming the application role, and staying it |
| `schema` | empty, older or newer than the program |
| `row-security`, `table-rights`, `partition-rights`, `partitions` | what keeps kommuner apart |
| `search-sieve` | what search sifts texts by, tried on some of each kommune's |
| `queue` | the worker's rights in the queue, and that requests may put work in it |
| `owner-address`, `owner-connection`, `owner-rights` | `SAKARK_DATABASE_OWNER_URL` |
| `operator-connection`, `operator-rights` | `SAKARK_DATABASE_OPERATOR_URL` |
| `kommuner`, `issuer` | the registry, and every identity provider it names |
| `storage`, `storage-space`, `storage-private` | the documents' folder or bucket |
| `tools` | the programs that documents are examined and converted with |
| `clock` | our clock against everybody's |

What depends on something that failed is not looked at, so that one fault gives one sentence.
"""
