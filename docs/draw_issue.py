"""Draw docs/images/issue.png: a real issue of the demo, as GitHub shows its Markdown.

Needs what the project itself does not: Chromium, and from the package index playwright, markdown-it-py and
mdit-py-plugins. Run it by hand after a change of the template; `make demo` first.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.tasklists import tasklists_plugin
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
ISSUES = ROOT / ".keyturn" / "demo" / ".keyturn" / "issues"
PICTURE = ROOT / "docs" / "images" / "issue.png"
ALERT = re.compile(r"<blockquote>\s*<p>\[!(\w+)\]\s*(.*?)</p>(.*?)</blockquote>", re.DOTALL)
STYLE = """
body { font: 15px/1.5 system-ui, "Liberation Sans", sans-serif; color: #1f2328; margin: 0; background: #fff; }
main { width: 860px; padding: 28px 36px; }
h1 { font-size: 26px; font-weight: 400; margin: 0 0 10px; }
h3 { font-size: 18px; margin: 22px 0 8px; }
.open { background: #1a7f37; color: #fff; border-radius: 2em; padding: 4px 12px; font-weight: 600; font-size: 13px; }
.label { border: 1px solid #d1d9e0; border-radius: 2em; padding: 1px 9px; font-size: 12px; margin-left: 6px;
  background: #ddf4ff; color: #0550ae; }
.block { border: 1px solid #d1d9e0; border-radius: 6px; padding: 16px; margin-top: 18px; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: 5px 12px; text-align: left; }
th { font-weight: 600; } tr:nth-child(2n) { background: #f6f8fa; }
code { background: #818b981f; border-radius: 4px; padding: 2px 5px; font: 13px "Liberation Mono", monospace; }
pre code { display: block; padding: 10px; }
ul { padding-left: 24px; } li.task-list-item { list-style: none; margin-left: -20px; }
.alert { border-left: 4px solid; padding: 4px 14px; margin: 12px 0; }
.warning { border-color: #9a6700; } .caution { border-color: #d1242f; } .important { border-color: #8250df; }
.note { border-color: #0969da; } .tip { border-color: #1a7f37; } .alert b { text-transform: capitalize; }
a { color: #0969da; }
"""


def page(text: str) -> str:
    """Turn an issue file of the local tracker into a page."""
    _, front, body = text.split("---\n", 2)
    field = {name: value.strip() for name, _, value in (line.partition(":") for line in front.splitlines())}
    labels = "".join(f"<span class=label>{label}</span>" for label in re.findall(r'"([^"]+)"', field["labels"]))
    html = MarkdownIt("gfm-like").use(tasklists_plugin).render(body)
    html = ALERT.sub(lambda found: _alert(*found.groups()), html)
    title = field["title"].strip('"')
    return (
        f"<style>{STYLE}</style><main><h1>{title} <span style='color:#59636e'>#{field['number']}</span></h1>"
        f"<span class=open>Open</span>{labels}<div class=block>{html}</div></main>"
    )


def _alert(kind: str, text: str, rest: str) -> str:
    return f"<div class='alert {kind.lower()}'><p><b>{kind.lower()}</b><br>{text}</p>{rest}</div>"


def main() -> None:
    """Draw the issue whose title is given, by default the warehouse loader's."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else "mixpanel-warehouse-loader"
    source = next(ISSUES.glob(f"*{wanted}*.md"))
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else PICTURE  # noqa: PLR2004 # name and target
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        sheet = browser.new_page(viewport={"width": 932, "height": 900}, device_scale_factor=1)
        sheet.set_content(page(source.read_text(encoding="utf-8")))
        sheet.screenshot(path=target, full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
