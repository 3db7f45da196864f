"""Serve the fake by hand: `python -m tests.fake_github --port 0 --repository acme/keys`."""

from __future__ import annotations

import argparse
import threading

from .fake import BOT, FakeGitHub


def main() -> None:
    """Print the URL and the tokens, then serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_github", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--repository", default="acme/keys", metavar="OWNER/NAME")
    arguments = parser.parse_args()
    with FakeGitHub(port=arguments.port) as fake:
        fake.add_repository(arguments.repository)
        print(f"GITHUB_API_URL={fake.url}")  # noqa: T201 - it speaks to a person, or to the script that started it
        print(f"GITHUB_TOKEN={fake.add_token()}")  # noqa: T201 - the same
        print(f"GITHUB_TOKEN={fake.add_token(BOT, installation=True)}", flush=True)  # noqa: T201 - the same
        wait_for_interrupt()


def wait_for_interrupt() -> None:
    """Wait for control-C."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
