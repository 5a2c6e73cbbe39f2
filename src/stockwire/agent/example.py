"""The commented agent.toml that `stockwire agent example-config` prints, with a product query or with saved
reports. It holds no real address.
"""

from __future__ import annotations

_HEAD = """\
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
# proxy = "system"              # or "none", or the proxy's address like "http://proxy.local:3128"
# certificates = "system"       # or the PEM file of your own authority, when it signed the hub's certificate

[log]
# file = "agent.log"            # besides the window; the Windows service always writes one
# megabytes = 5                 # of one file; then a new one is begun
# files = 5                     # how many are kept

"""
_DATABASE = """\
[database]
host = "127.0.0.1"
port = 3050
path = 'C:\\Omni\\Data\\COMPANY.FDB'   # file or alias; or give the whole dsn = "host/port:path"
user = "STOCKWIRE_READER"              # a user that may only SELECT
password = "change me"
charset = "WIN1252"                    # for databases without a character set of their own (NONE)
# removed_every_s = 30                 # how often removed rows are looked for
# removal_limit = 0.2                  # removals of more than this share at once wait for a person

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

"""
_REPORT = """\
[report]                               # saved reports of Omni, asked for over OmniWebServiceREST
names = ["Stock Export"]               # exactly as Omni shows them
active = "web_status"                  # the report's key that holds ACTIVE, DELETE or IGNORE: the caption of
                                       # the extra field in lower case, every other character an underscore
# everything_active = false            # true instead of active: every item of the report is to be sold
# active_column = "EXTRADTLS8"         # as the source in the hub is set to
# poll_s = 180                         # Omni writes the whole report each time
# removal_limit = 0.2                  # removals of more than this share at once wait for a person

[report.columns]                       # added to the columns of Stock Export, or instead of one of them
# SELLINGPRICE2 = "stock_unit_selling_price_2"

[report.warehouses]                    # where there is one report per warehouse: report = warehouse code
# "Stock Listing CEN" = "CEN"

[report.filters]                       # the report's own parameters, by their internal names
# IBarCode = "6001"

"""
_OMNI = """\
[omni]                            # leave the table out where this agent raises no orders
url = "http://127.0.0.1:8080"     # OmniWebServiceREST; its window shows the port
company = "Company Name (Pty) Ltd" # exactly as Omni shows it
user = "STOCKWIRE"
password = "change me"
# auth = "basic"                  # "query" for Omni 7.13 to 7.16
# post_timeout_s = 60
# settle_s = 5                    # pause before an order in doubt is looked up
# repost_after_s = 60             # least time before an order without answer is posted again
# at_once = 1                     # requests at the same time; more only if Omni says that it takes them
"""

EXAMPLE_CONFIG = _HEAD + _DATABASE + _OMNI
EXAMPLE_REPORT_CONFIG = (
    _HEAD
    + _REPORT
    + _OMNI.replace(
        "# leave the table out where this agent raises no orders", "# reports are read over it as well"
    )
)
