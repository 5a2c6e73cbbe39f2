"""Sets up a client, its source with an agent, a channel and a user, in a process of its own.

Called by the stage as `python -m stockwire.demo.prepare`: JSON in on standard input, JSON out.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Input: {client, user, password, omni: {...}, shop: {...}, price_tier}. Output: ids and code."""
    import django

    asked = json.load(sys.stdin)
    django.setup()
    from stockwire.hub import setting_up

    client_id = setting_up.add_client(asked["client"])
    setting_up.add_user(client_id, asked["user"], asked["password"])
    source_id = setting_up.add_source(client_id, "omni", "Omni Accounts", asked["omni"])
    agent = setting_up.add_agent(client_id, source_id)
    channel_id = setting_up.add_channel(
        client_id, source_id, "woocommerce", "Web shop", asked["shop"], price_tier=asked.get("price_tier", "")
    )
    print(  # noqa: T201 - this is the answer
        json.dumps(
            {
                "client_id": client_id,
                "source_id": source_id,
                "agent_id": agent.agent_id,
                "code": agent.code,
                "channel_id": channel_id,
            }
        )
    )


if __name__ == "__main__":
    main()
