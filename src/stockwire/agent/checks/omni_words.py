"""What the checks of OmniWebServiceREST may say."""

from __future__ import annotations

from stockwire.agent.checks.check import Check, Message, failed, passed, unknown, warning

NOT_ASKED = unknown("agent.toml has no table [omni]: this agent raises no orders.")


def _check(code: str, title: str, messages: dict[str, Message]) -> Check:
    return Check(code, title, {**messages, "not_asked": NOT_ASKED})


SERVICE = _check(
    "omni_service",
    "OmniWebServiceREST",
    {
        "runs": passed("OmniWebServiceREST answers at {url}."),
        "refused": failed(
            "Nobody answers at {url}, where OmniWebServiceREST should be.",
            "On the Omni server start C:\\Omni\\System\\OmniWebServiceREST.exe, press Start, and leave it "
            "open (minimised): closed, it serves nobody. To start it at log-on: Windows+R, shell:startup, "
            "and put a shortcut to it there. Its window shows the port for omni.url.",
        ),
        "other": failed(
            "Something answers at {url}, but it is not OmniWebServiceREST.",
            "Another program uses this port. Look at the port in the window of OmniWebServiceREST and set "
            "omni.url in agent.toml to it.",
        ),
        "fails": failed(
            "OmniWebServiceREST is there at {url}, but fails: {why}.",
            "Close OmniWebServiceREST on the Omni server, open it again and press Start.",
        ),
        "address": failed("{why}", "Correct omni.url in agent.toml: like http://127.0.0.1:8080"),
    },
)
VERSION = _check(
    "omni_version",
    "the version of Omni",
    {
        "new_enough": passed("Omni {version} (at least {oldest} is needed)."),
        "too_old": failed(
            "Omni {version} is older than {oldest}.",
            "Have Omni Accounts upgraded to 7.13.63 build 3345 or later, then restart OmniWebServiceREST.",
        ),
        "not_said": unknown(
            "OmniWebServiceREST does not say its version.",
            "Look at the title of its window: Ver 7.13.63.3345 or later is needed.",
        ),
    },
)
SIGN_IN = _check(
    "omni_sign_in",
    "the Omni user and password",
    {
        "accepted": passed("Omni accepts the user {user}."),
        "refused": failed(
            "Omni says: Invalid username or password (user {user}).",
            "Log in to Omni with omni.user and omni.password of agent.toml to try them; give this user full "
            'rights. Omni 7.13 to 7.16 may want omni.auth = "query" (now "{auth}").{company}',
        ),
    },
)
COMPANY = _check(
    "omni_company",
    "the Omni company name",
    {
        "accepted": passed('Omni knows the company "{company}"{note}.'),
        "near": failed(
            'Omni does not know the company "{company}". It speaks of: {near}.',
            "Copy the company name exactly as Omni shows it into omni.company of agent.toml, double blanks "
            "included.",
        ),
        "odd": failed(
            'Omni does not know the company "{company}": {odd}.',
            "Copy the company name exactly as Omni shows it into omni.company of agent.toml; take out the "
            "blanks that are not in it.",
        ),
        "unknown": failed(
            'Omni does not know the company "{company}".',
            "Copy the company name exactly as Omni's title bar shows it into omni.company of agent.toml. Two "
            "blanks next to each other count, and so do brackets and (Pty) Ltd.",
        ),
    },
)
LICENCE = _check(
    "omni_licence",
    "a free user licence",
    {
        "free": passed("Omni has a user licence for the agent."),
        "full": failed(
            "All Omni user licences are taken.",
            "Log a user off in Omni, or give the agent's Omni user a licence of its own.",
        ),
    },
)
SF187 = _check(
    "switch_sf187",
    "the switch SF187 (automation)",
    {
        "on": passed("SF187 (automation) works: Omni answers a look-up."),
        "missing": failed(
            "Omni says that the switch SF187 (automation) is off.",
            "Ask Omni to enable SF187 (automation), then restart OmniWebServiceREST.",
        ),
        "not_seen": unknown("Omni's answer does not show whether SF187 (automation) is on."),
    },
)
SF083 = _check(
    "switch_sf083",
    "the switch SF083 (sales orders)",
    {
        "on": passed("SF083 (sales orders) does not stand in the way of a look-up."),
        "missing": failed(
            "Omni says that the switch SF083 (sales orders) is off.",
            "Ask Omni to enable SF083, or set param_order_document_type of the source to Quote.",
        ),
        "not_seen": unknown("Omni's answer does not show whether SF083 (sales orders) is on."),
    },
)
SF109 = _check(
    "switch_sf109",
    "the switch SF109 (import of sales documents)",
    {
        "on": passed("SF109 (import of sales documents) works: an order was raised on {when}."),
        "missing": failed(
            "Omni says that the switch SF109 (import of sales documents) is off.",
            "Ask Omni to enable SF109 (import of sales documents), then restart OmniWebServiceREST.",
        ),
        "not_seen": unknown(
            "Only a posted document shows whether SF109 (import of sales documents) is on; this check posts "
            "none.",
            "Ask Omni whether SF109 is enabled. The first order raised shows it.",
        ),
    },
)
LOOK_UP = _check(
    "omni_look_up",
    "the look-up of a document",
    {
        "safe": passed("Omni says clearly when a {document} does not exist: no order is raised twice."),
        "unclear": warning(
            "Omni's answer for a {document} that does not exist is not clear.",
            "Restart OmniWebServiceREST and check again. As long as it stays so, orders wait instead of "
            "being raised twice.",
        ),
        "banner": failed(
            "Omni does not know the address /{document}/: it answers with its banner.",
            "Check that SF187 (automation) is enabled and Omni is new enough; then restart "
            "OmniWebServiceREST.",
        ),
        "switch": failed(
            "Omni does not let a {document} be looked up: {said}.", "Have the switch that is named enabled."
        ),
        "proves_nothing": failed(
            "Omni shows a {document} for a reference that cannot exist.",
            "No order can be looked up safely, so none is raised. Ask Omni how a reference is looked up.",
        ),
        "no_answer": failed(
            "Omni did not answer the look-up of a {document}: {why}.",
            "Close OmniWebServiceREST on the Omni server, open it again and press Start.",
        ),
    },
)
EXPORT = _check(
    "stock_export",
    "the report Stock Export",
    {
        "read": passed("The report Stock Export shows {count} rows."),
        "missing": unknown(
            "Omni has no report named Stock Export, so codes cannot be compared with it ({why}).",
            "Nothing has to be done. With this report saved in Omni the check can say more.",
        ),
        "broke": unknown("The report Stock Export cannot be read now: {why}."),
    },
)
CHECKS = (SERVICE, VERSION, SIGN_IN, COMPANY, LICENCE, SF187, SF083, SF109, LOOK_UP, EXPORT)
