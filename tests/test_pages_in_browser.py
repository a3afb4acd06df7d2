"""Pages in a real browser: nothing is wrong with them, and they ask for nothing but themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from command_line import orbitfleet

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: apt-get install chromium")
ALONE = (
    "--headless",
    "--no-sandbox",  # which a container or root does not have
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)


class Server:
    """A folder that is served on this machine, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        asked: list[str] = []

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.folder, self.asked = folder, asked
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    line = ["--strategies", "run_to_failure,batch", "--replicates", "3", "--years", "0.3", "--workers", "1"]
    orbitfleet("compare", "baseline", *line, "--out", folder / "out")
    orbitfleet("report", folder / "out", "--out", folder / "page.html")
    served = Server(folder)
    thread = threading.Thread(target=served.http.serve_forever, daemon=True)
    thread.start()
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


def opened(server: Server, name: str, tmp_path: Path) -> tuple[str, list[str], list[str]]:
    """(the page as the browser has it, what it complained of, what it asked the server for)."""
    server.asked.clear()
    line = [str(BROWSER), *ALONE, f"--user-data-dir={tmp_path}", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run([*line, f"{server.address}/{name}"], capture_output=True, text=True, timeout=240, check=True)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, complaints, list(server.asked)


def test_the_page_opens_without_complaint_and_asks_for_nothing_else(server, tmp_path):
    dom, complaints, asked = opened(server, "page.html", tmp_path)
    assert "How sure is that?" in dom
    assert not complaints
    assert asked == ["/page.html"]


def test_what_somebody_smuggled_in_would_not_be_fetched_nor_run(server, tmp_path):
    """Shows too that the test above would see it."""
    page = (server.folder / "page.html").read_text(encoding="utf-8")
    beacon = f"<img src='{server.address}/beacon.png'><script>document.title = 'taken over'</script></body>"
    (server.folder / "smuggled.html").write_text(page.replace("</body>", beacon), encoding="utf-8")
    dom, complaints, asked = opened(server, "smuggled.html", tmp_path)
    assert len([one for one in complaints if "Content Security Policy" in one]) == 2
    assert asked == ["/smuggled.html"]
    assert "taken over</title>" not in dom

    bare = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", beacon)
    (server.folder / "bare.html").write_text(bare, encoding="utf-8")
    dom, _, asked = opened(server, "bare.html", tmp_path)
    assert "/beacon.png" in asked
    assert "taken over</title>" in dom


WIDTH = """<script>
const frame = document.querySelector('iframe');
frame.onload = () => { document.title = frame.contentDocument.documentElement.scrollWidth; };
</script>"""


@pytest.mark.parametrize("width", [360, 400, 1400])
def test_nothing_is_wider_than_the_screen(width, server, tmp_path):
    frame = f"<iframe src='page.html' style='width:{width}px;height:900px;border:0'></iframe>"
    (server.folder / "frame.html").write_text(f"<title>-</title>{frame}{WIDTH}", encoding="utf-8")
    dom, _, _ = opened(server, "frame.html", tmp_path)
    found = re.search(r"<title>(\d+)</title>", dom)
    assert found is not None
    assert int(found[1]) <= width


def test_folded_tables_are_open_in_print(server, tmp_path):
    pdf = tmp_path / "page.pdf"
    line = [str(BROWSER), *ALONE, f"--user-data-dir={tmp_path / 'user'}", f"--print-to-pdf={pdf}"]
    pages = {}
    for name, change in {
        "page.html": ("", ""),
        "closed.html": ("details::details-content", "details::nothing"),
    }.items():
        text = (server.folder / "page.html").read_text(encoding="utf-8")
        assert change[0] in text
        (server.folder / name).write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
        subprocess.run([*line, f"{server.address}/{name}"], capture_output=True, timeout=240, check=True)
        pages[name] = len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
    assert pages["page.html"] > 1.5 * pages["closed.html"] > 0
