#!/usr/bin/python3
"""ddnsgate as a part of a site that was there before, below /ddns.

The site stays as it is, and neither its logs nor another have a secret.
"""

import re
import unittest

import test_access_logs
import test_matrix
from lab import (WRONG, Apache, Caddy, Gate, Haproxy, Knot, Lighttpd, Nginx,
                 Site, curl, example, wait_until)
from test_traps import ask

BASE_PATH = {'// base_path = "/dyn";': 'base_path = "/ddns";',
             'log_level = "info"': 'log_level = "debug"'}


class Below:
    """All paths are those below /ddns."""

    def url(self, secret, *hosts, **options):
        return super().url(f"ddns/{secret}", *hosts, **options)

    def site_url(self):
        return f"http://127.0.0.1:{self.port}/page.txt"

    def make_page(self):
        (self.folder / "page.txt").write_text("the site's own")


def told_lines(name):
    """What its comments say to put elsewhere."""
    return re.findall(r"(?m)^#\t(.*)$", example(name, {}))


class NginxBelow(Below, Nginx):
    site = """
{map}
server {{
    listen 127.0.0.1:{port};
    listen [::1]:{port};
    root {folder};
    {access_log}
    error_log {folder}/error.log;
    {include}
}}
"""

    def write_site(self, _, words):
        super().write_site("nginx/path.conf", {
            word: new for word, new in words.items() if "listen" not in word})
        (self.folder / "site.conf").rename(self.folder / "path.conf")
        include, map_line, access_log = told_lines("nginx/path.conf")
        self.make_page()
        (self.folder / "site.conf").write_text(self.site.format(
            port=self.port, folder=self.folder, map=map_line,
            access_log=access_log.replace("/var/log/nginx", str(self.folder)),
            include=include.replace("snippets/ddnsgate", "path")))


class ApacheBelow(Below, Apache):
    site_frame = """
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\"" combined
<VirtualHost *:{port}>
    DocumentRoot "{folder}"
    <Directory "{folder}">
        Require all granted
    </Directory>
    {include}
    {log}
</VirtualHost>
"""

    def write_site(self, _, words):
        super().write_site("apache/path.conf", {
            "/run/ddnsgate/ddnsgate.sock": self.gate.socket_path})
        (self.folder / "site.conf").rename(self.folder / "path.conf")
        include, log = told_lines("apache/path.conf")
        self.make_page()
        (self.folder / "site.conf").write_text(self.site_frame.format(
            port=self.port, folder=self.folder,
            log=log.replace("/var/log/apache2", str(self.folder)),
            include=include.replace("ddnsgate", "path")))


class CaddyBelow(Below, Caddy):
    """The block at the example's end, in a site of its own."""

    def write_site(self, name, words):
        block = "\n".join(line.removeprefix("#") for line in
                          re.findall(r"(?m)^#\t.*$", example(name, {})))
        self.make_page()
        (self.folder / "site.conf").write_text(f"""
{{
    admin off
}}
http://:{self.port} {{
    bind 127.0.0.1 ::1
    root * {self.folder}
{block.replace("unix//run/ddnsgate/ddnsgate.sock",
               words["unix//run/ddnsgate/ddnsgate.sock"])}
    file_server
}}
""")


class LighttpdBelow(Below, Lighttpd):
    """What follows the modules, in the condition of the comment."""

    def write_site(self, name, words):
        super().write_site(name, words)
        self.make_page()
        path = self.folder / "site.conf"
        before, modules, rest = path.read_text().partition(
            'server.modules += ( "mod_fastcgi", "mod_accesslog" )\n')
        condition = re.search(r'(?m)^#\t(\$HTTP\["url"].*) \.\.\. }$', rest)[1]
        path.write_text(
            f'server.document-root := "{self.folder}"\n'
            'server.modules += ( "mod_staticfile" )\n'
            f"{before}{modules}{condition}\n{rest}}}\n")


class HaproxyBelow(Below, Haproxy):
    """With another server for the rest, which does not run."""

    def write_site(self, name, words):
        super().write_site(name, words)
        path = self.folder / "site.conf"
        text = path.read_text()
        rule = re.search(r"#\t(use_backend .*)", text)[1]
        path.write_text(text.replace("\tdefault_backend ddnsgate", f"""
    {rule}
    default_backend site

backend site
    http-request return status 404 if !{{ path /page.txt }}
    http-request return content-type text/plain string "the site's own"
"""))


class ScriptAliasBelow(Below, Apache):
    """Nothing but ScriptAlias is different."""

    def __init__(self, mode, site):
        super().__init__(mode, site=site, words={
            'ScriptAlias "/" ': 'ScriptAlias "/ddns/" '})

    def write_site(self, name, words):
        super().write_site(name, words)
        path = self.folder / "site.conf"
        self.make_page()
        path.write_text(path.read_text().replace("TraceEnable off", f"""
    DocumentRoot "{self.folder}"
    <Directory "{self.folder}">
        Require all granted
    </Directory>
    TraceEnable off"""))


# Each has what it is called, and makes the web server before a gate.
WITH_GATE = {
    "nginx": NginxBelow,
    "proxy_fcgi": lambda gate: ApacheBelow("proxy_fcgi", gate=gate),
    "caddy": CaddyBelow,
    "lighttpd": LighttpdBelow,
    "haproxy": HaproxyBelow,
}


class Path(unittest.TestCase):
    def check(self, dns, web, secret):
        test_matrix.Matrix.walk(self, dns, web, secret)
        self.assertEqual(curl(web.site_url()).body, "the site's own")
        # Nothing of it is outside of its path.
        for path in secret, "nic/update", "ddnsx/" + secret, "health":
            reply = ask(web, "/" + path)
            self.assertEqual(reply.status, 404)
            self.assertNotEqual(reply.body, "badauth")

    def test_with_base_path(self):
        for name, make in WITH_GATE.items():
            with self.subTest(name), Knot() as dns, \
                    Site(dns, BASE_PATH) as site:
                secret = site.add_client(
                    "home", "h1", "h2", allow_private=True)
                with Gate(site) as gate, make(gate) as web:
                    self.check(dns, web, secret)

    def test_script_alias(self):
        for mode in "mod_fcgid", "cgid":
            with self.subTest(mode), Knot() as dns, Site(dns) as site:
                secret = site.add_client(
                    "home", "h1", "h2", allow_private=True)
                with ScriptAliasBelow(mode, site) as web:
                    self.check(dns, web, secret)


class OwnFiles(unittest.TestCase):
    """nginx and Apache have files of their own for this."""

    makers = {name: WITH_GATE[name] for name in ("nginx", "proxy_fcgi")}

    def test_ddnsgate_does_not_run(self):
        for name, make in self.makers.items():
            with self.subTest(name), Knot() as dns, \
                    Site(dns, BASE_PATH) as site, Gate(site) as gate, \
                    make(gate) as web:
                gate.stop()
                reply = curl(web.url(site.secrets["try"]))
                self.assertEqual((reply.status, reply.body), (503, "911"))
                self.assertEqual(reply.headers["retry-after"], ["60"])
                gate.start()
                self.assertEqual(curl(web.url(site.secrets["try"])).body,
                                 "good 127.0.0.1")

    def ask_all(self, web, secret):
        for name, path, options, *_ in test_access_logs.REQUESTS:
            # Apache tells it at a level that hides much of the site's own.
            if name != "no request" or isinstance(web, Nginx):
                test_access_logs.AccessLogs.ask(
                    self, web, secret, "/ddns" + path, options)

    def test_nothing_secret_is_logged(self):
        for name, make in self.makers.items():
            with self.subTest(name), Knot() as dns, \
                    Site(dns, BASE_PATH) as site:
                secret = site.add_client("home", "h1", allow_private=True)
                with Gate(site) as gate, make(gate) as web:
                    self.ask_all(web, secret)
                    self.ask_all(web, WRONG)
                    gate.stop()
                    self.ask_all(web, secret)
                    curl(web.site_url())
                    log = web.folder / "access.log"
                    wait_until(lambda: "GET /page.txt" in log.read_text(),
                               "the site logs its own")
                    test_access_logs.AccessLogs.check_hidden(
                        self, [dns, web, gate], site)


if __name__ == "__main__":
    unittest.main()
