#!/usr/bin/python3
"""What a CA asks for before it gives a certificate is the web root's.

So certbot --webroot gets one with ddnsgate in place, and every other path,
also one that only looks similar, stays ddnsgate's.
"""

import contextlib
import functools
import http.server
import threading
import unittest

from lab import (MORE_WEB_SETUPS, WEB_CLASSES, WEB_SETUPS, Apache, Gate, Knot,
                 Room, Site, curl)

CHALLENGE = ".well-known/acme-challenge/"
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
ANSWER = TOKEN + ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
ROOT = "/var/www/html"


class WebRoot(Room):
    def prepare(self):
        (self.folder / CHALLENGE).mkdir(parents=True)
        (self.folder / CHALLENGE / TOKEN).write_text(ANSWER)
        (self.folder / "index.html").write_text("the web root's own page")


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        """Of tokens alone, as certbot does."""
        if self.path.startswith("/" + CHALLENGE) and ".." not in self.path:
            super().do_GET()
        else:
            self.send_error(404)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """As certbot --standalone answers; gives the port."""
    handler = functools.partial(SilentHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def web_server(setup, site, root):
    with contextlib.ExitStack() as stack:
        words = {ROOT: root.folder}
        if setup == "haproxy":
            port = stack.enter_context(served(root.folder))
            words = {"127.0.0.1:8402": f"127.0.0.1:{port}"}
        if setup in ("mod_fcgid", "cgid"):
            web = Apache(setup, site=site, words=words)
        else:
            gate = stack.enter_context(Gate(site))
            web = (Apache(setup, gate=gate, words=words)
                   if setup == "proxy_fcgi"
                   else WEB_CLASSES[setup](gate, words=words))
        yield stack.enter_context(web)


class Challenge(unittest.TestCase):
    def check(self, web, secret):
        reply = curl(web.url(CHALLENGE + TOKEN))
        self.assertEqual((reply.status, reply.body), (200, ANSWER))
        self.assertNotIn("x-ddns-reason", reply.headers)
        # Nothing else of the web root can be reached.
        for path in (CHALLENGE + "../../index.html", "index.html",
                     ".well-known/acme-challenge.html"):
            reply = curl(web.url(path), path_as_is=True)
            self.assertNotEqual(reply.status, 200, path)
            self.assertNotIn("own page", reply.body)
        self.assertEqual(curl(web.url(".well-known/other")).body, "badauth")
        self.assertEqual(curl(web.url(secret)).body[-9:], "127.0.0.1")

    def test_is_served_from_the_web_root(self):
        with Knot() as dns, Site(dns) as site, WebRoot() as root:
            for setup in WEB_SETUPS + MORE_WEB_SETUPS:
                with self.subTest(setup), \
                        web_server(setup, site, root) as web:
                    self.check(web, site.secrets["try"])

    def test_what_is_not_there(self):
        """A bare word, as all of the web server's own replies."""
        with Knot() as dns, Site(dns) as site, WebRoot() as root:
            for setup in WEB_SETUPS + ("caddy", "lighttpd"):
                with self.subTest(setup), \
                        web_server(setup, site, root) as web:
                    for path in CHALLENGE + "nothing", CHALLENGE:
                        reply = curl(web.url(path))
                        self.assertIn(reply.status, (403, 404))
                        self.assertIn(reply.body, ("badrequest", "nohost"))


if __name__ == "__main__":
    unittest.main()
