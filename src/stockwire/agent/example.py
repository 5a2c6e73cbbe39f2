"""The commented agent.toml that `stockwire agent example-config` prints. It holds no real address."""

from __future__ import annotations

EXAMPLE_CONFIG = """\
# agent.toml: settings of the Stockwire agent, which runs beside Omni Accounts.
# Secrets may be left out and given in the environment instead:
#   STOCKWIRE_DATABASE_PASSWORD, STOCKWIRE_OMNI_PASSWORD, STOCKWIRE_AGENT_TOKEN

# Where the agent keeps its journal and token. Relative to this file.
data_folder = "stockwire-agent"

# Seconds between two readings; leave out to follow the hub. hash_poll_s applies where the product query
# has no CHANGEMARK and every reading therefore reads all rows.
# poll_s = 10
# hash_poll_s = 60

[hub]
url = "https://hub.example.co.za:8080"
# allow_plain_http = false      # true accepts http:// to another machine: token and prices can be read
# proxy = "http://proxy.local:3128"
# use_system_proxy = true       # HTTPS_PROXY and NO_PROXY are followed
# ca_file = "hub-ca.pem"        # when the hub's certificate was signed by your own authority

[database]
host = "127.0.0.1"
port = 3050
path = 'C:\\Omni\\Data\\COMPANY.FDB'   # file or alias; or give the whole dsn = "host/port:path"
user = "STOCKWIRE_READER"              # a user that may only SELECT
password = "change me"
charset = "WIN1252"                    # for databases without a character set of their own (NONE)
# removed_every_s = 30                 # how often removed rows are looked for
# removal_limit = 0.5                  # removals of more than this share at once wait for a person

# The product query: its column names are the contract. ASSUMPTION: Omni's table names are not public,
# so the names after FROM and before AS are to be replaced by those of your database.
# CHANGEMARK is optional: the highest RDB$RECORD_VERSION of the tables joined. With it, only changed rows
# are read (Firebird 3 and later, tables or views of one table). Taking it from the same table joined once
# more by RDB$DB_KEY, as here, lets Firebird find changed rows about three times as fast.
product_query = '''
SELECT s.STOCKCODE, s.DESCRIPTION, s.EXTRADTLS8, s.SELLINGPRICE1,
       MAXVALUE(0, s.STOCKLEVEL - s.RESERVED) AS "OAvailable",
       k.RDB$RECORD_VERSION AS CHANGEMARK
FROM STOCK k JOIN STOCK s ON s.RDB$DB_KEY = k.RDB$DB_KEY
'''

[omni]                            # leave the table out where this agent raises no orders
url = "http://127.0.0.1:8080"     # OmniWebServiceREST; its window shows the port
company = "Company Name (Pty) Ltd" # exactly as Omni shows it
user = "STOCKWIRE"
password = "change me"
# auth = "basic"                  # "query" for Omni 7.13 to 7.16
# post_timeout_s = 60
# settle_s = 5                    # pause before an order in doubt is looked up
# repost_after_s = 60             # least time before an order without answer is posted again
"""
