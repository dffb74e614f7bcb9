#!/usr/bin/python3
"""Makes the pictures of the page in examples/: page_pictures.py [FOLDER].

Like the live tests it starts private servers, and needs DDNSGATE_BINDIR.
"""

import contextlib
import pathlib
import sys

import lab
from browser import Browser, with_tls
from lab import Gate, Knot, Nginx, Site

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}
# name, width, height, dark
PICTURES = (("phone", 390, 720, False), ("desk", 1280, 800, True))


def main(folder):
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(Knot())
        site = stack.enter_context(Site(dns, STATE))
        (site.folder / "state").mkdir()
        lab.give_to_www(site.folder / "state", 0o750)
        # From where the browser seems to be.
        site.edit("ddnsgate.conf", {
            "// trusted_proxies = [ \"192.0.2.80/32\" ];":
            "trusted_proxies = [ \"127.0.0.1/32\" ];",
            '// proxy_header    = "X-Forwarded-For";':
            'proxy_header = "X-Forwarded-For";'})
        secret = site.add_client("home", "home", "camera", allow_offline=True)
        gate = stack.enter_context(Gate(site))
        web = Nginx(gate)
        port = with_tls(web)
        web.extra_words["include fastcgi_params;"] = (
            "include fastcgi_params; "
            "fastcgi_param HTTP_X_FORWARDED_FOR 203.0.113.5;")
        stack.enter_context(web)
        gate.ask(f"/{secret}/home", ip="203.0.113.80")
        gate.ask(f"/{secret}/camera", ip="2001:db8:5::cafe")
        browser = stack.enter_context(Browser())
        for name, width, height, dark in PICTURES:
            gate.ask(f"/{secret}/home", ip="203.0.113.80")
            browser.look(width, height, dark)
            browser.go(f"https://127.0.0.1:{port}/")
            browser.type("input[name=secret]", secret)
            browser.click("form button")
            browser.click(f"input[value='home.{lab.ZONE}'] ~ "
                          "button[value=here]")
            browser.picture(folder / f"page-{name}.png")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else lab.EXAMPLES)
