"""What the checks of the way to the hub may say."""

from __future__ import annotations

from stockwire.agent.checks.check import Check, failed, passed, unknown, warning

PORT = Check(
    "hub_port",
    "the way to the hub",
    {
        "open": passed("Port {port} of {host} is open."),
        "through_proxy": passed("The way to the hub goes through the proxy {proxy}, which answers."),
        "no_name": failed(
            "The name {host} is not known here.",
            "Check hub.url in agent.toml for typing errors, and this machine's name server (DNS).",
        ),
        "refused": failed(
            "Nobody listens on port {port} of {host}.",
            "Check host and port of hub.url in agent.toml; is the hub running?",
        ),
        "closed": failed(
            "Port {port} of {host} cannot be reached: {why}.",
            "Open outgoing TCP port {port} to {host} in the firewall of this machine and of the network. "
            "Nothing incoming is needed.",
        ),
        "no_proxy": failed(
            "The proxy {proxy} does not answer.",
            'Check hub.proxy in agent.toml or the system\'s proxy settings; hub.proxy = "none" goes straight '
            "to the hub.",
        ),
    },
)
CERTIFICATE = Check(
    "hub_certificate",
    "the hub's certificate",
    {
        "loopback": passed("The hub is on this very machine: no certificate is needed."),
        "valid": passed(
            "The certificate of {host} was issued by {issuer} and is valid for {days} more days."
        ),
        "own": passed(
            "The certificate of {host} was issued by your own authority {issuer} (hub.certificates) and is "
            "valid for {days} more days."
        ),
        "trusted": passed("The certificate of {host} is one that this machine trusts."),
        "soon": warning(
            "The certificate of {host} expires in {days} days.",
            "Renew the certificate at the hub before then; the agent stops sending on that day.",
        ),
        "plain": warning(
            "The hub is asked over plain HTTP: everybody on the way can read the token and the prices.",
            "Use an https:// address in hub.url.",
        ),
        "expired": failed(
            "The certificate of {host} has expired.",
            "Renew it at the hub. If it is still valid there, this machine's clock is wrong: set it.",
        ),
        "other_name": failed(
            "The certificate that {host} shows is for another name.",
            "Write the name that stands in the certificate into hub.url, or have it made for this name.",
        ),
        "not_trusted": failed(
            "The certificate of {host} was signed by nobody this machine trusts: {why}.",
            "If your own authority signed it, have this machine trust it, or name its certificate file in "
            "hub.certificates of agent.toml. If not, somebody in between may be reading along: ask your "
            "network's people.",
        ),
        "no_tls": failed(
            "{host} does not speak TLS on port {port}: {why}.",
            "Check host and port of hub.url; an address with https:// must lead to a hub that serves TLS.",
        ),
        "no_file": failed(
            "hub.certificates is no certificate file: {why}.",
            "Give it in PEM form (it begins with -----BEGIN CERTIFICATE-----).",
        ),
        "through_proxy": unknown(
            "The way goes through a proxy, so the certificate is not looked at by itself."
        ),
    },
)
ANSWER = Check(
    "hub_answers",
    "the hub's answer",
    {
        "hub": passed("A hub answers at {url}."),
        "not_ready": warning(
            "The hub at {url} is there, but not ready: it answered {status}.",
            "Wait a minute and check again; if it stays so, look at the hub's own log.",
        ),
        "other": failed(
            "Something else than a hub answers at {url} (status {status}, {kind}).",
            "Check hub.url in agent.toml; a proxy or a sign-in page of the network may stand in between.",
        ),
        "nothing": failed(
            "No answer came from {url}: {why}.",
            "Check hub.url; a firewall that looks into connections may cut them off.",
        ),
    },
)
TOKEN = Check(
    "hub_token",
    "the token of this agent",
    {
        "accepted": passed("The hub knows this agent; it serves the source {source}."),
        "none": failed(
            "This agent is not enrolled: there is no token in the data folder.",
            "Make an enrolment code in the hub and run: stockwire agent enrol --config {config} --code CODE",
        ),
        "refused": failed(
            "The hub does not accept this agent's token.",
            "Make a new enrolment code in the hub and run: "
            "stockwire agent enrol --config {config} --code CODE",
        ),
    },
)
CLOCK = Check(
    "clock",
    "this machine's clock",
    {
        "right": passed("This machine's clock and the hub's differ by {seconds} s."),
        "wrong": failed(
            "This machine's clock is {minutes} minutes {direction} the hub's.",
            "Set the clock and let it be set by itself (Windows: Settings, Time; Linux: timedatectl set-ntp "
            "true). Till then times are shown wrong and the nightly comparison comes at another hour.",
        ),
        "not_said": unknown("The answer carries no time to compare with."),
    },
)
CHECKS = (PORT, CERTIFICATE, ANSWER, TOKEN, CLOCK)
