#!/usr/bin/python3
"""The README's chapter "First service", run word by word on a fresh machine.

The machine is an overlay of this one in namespaces of its own: nothing that
is changed there stays, and only the loopback is reached.  Where there is no
systemd, SYSTEMCTL starts the programs.  Lines with "(not in the test)" need
the internet and are left out; INSTALL and CERTIFICATE are in their place.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from lab import PATIENCE_S, program

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["DDNSGATE_BINDIR"]).resolve().parent

# What stands above the chapter; and what this machine has already is removed.
INSTALL = f"""
rm -rf /etc/ddnsgate /var/lib/ddnsgate
(cd {BUILD} && cpack -G DEB -B /package >/dev/null)
dpkg -i /package/ddnsgate_*.deb >/dev/null
rm -f /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*
find /var/lib/knot -mindepth 1 -delete
"""
CERTIFICATE = """
folder=/etc/letsencrypt/live/ddns.example.org
mkdir -p $folder
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=ddns.example.org -addext subjectAltName=DNS:ddns.example.org \
    -keyout $folder/privkey.pem -out $folder/fullchain.pem 2>/dev/null
export CURL_CA_BUNDLE=$folder/fullchain.pem
echo 127.0.0.1 ddns.example.org >>/etc/hosts
"""
SYSTEMCTL = """#!/bin/sh
case "$*" in
"restart knot")
    mkdir -p /run/knot && chown knot:knot /run/knot
    knotd -d -c /etc/knot/knot.conf
    until knotc status >/dev/null 2>&1; do sleep 0.1; done ;;
"restart nginx")
    if [ -s /run/nginx.pid ]; then nginx -s quit; fi
    while [ -s /run/nginx.pid ]; do sleep 0.1; done
    nginx ;;
"enable --now ddnsgate.socket")
    mkdir -p /run/ddnsgate
    systemd-socket-activate -l /run/ddnsgate/ddnsgate.sock \\
        setpriv --reuid ddnsgate --regid ddnsgate --clear-groups \\
        /usr/sbin/ddnsgate >/var/log/ddnsgate.log 2>&1 </dev/null &
    until [ -S /run/ddnsgate/ddnsgate.sock ]; do sleep 0.1; done
    chgrp www-data /run/ddnsgate/ddnsgate.sock
    chmod 660 /run/ddnsgate/ddnsgate.sock ;;
*) echo "systemctl $*: not known here" >&2; exit 1 ;;
esac
"""
# The call that the chapter leaves to the router.
ROUTER = r"""
secret=$(grep -o '[0-9A-Za-z]\{32\}' /added | head -n 1)
url=https://ddns.example.org/$secret?ip=192.0.2.8
until curl -s "$url" | grep -qx 'good 192.0.2.8'; do sleep 0.1; done
echo "DNS has $(kdig @192.0.2.53 +short home.dyn.example.org A)"
"""
MACHINE = r"""
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount --rbind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
mount -t tmpfs tmpfs "$1/root/run"
ip link set lo up
ip address add 192.0.2.53/32 dev lo
cat >"$1/root/first-service.sh"
exec chroot "$1/root" /bin/sh -eux /first-service.sh
"""


def chapter():
    text = (ROOT / "README.md").read_text()
    return text.split("\n## First service\n", 1)[1].split("\n## ", 1)[0]


def commands():
    stand_ins = {"certbot": CERTIFICATE,
                 "ddnsgatectl add": "{} >/added && cat /added"}
    found = []
    for line in re.findall(r"(?m)^    (.*)$", chapter()):
        for start, stand_in in stand_ins.items():
            if line.startswith(start + " "):
                found.append(stand_in.replace("{}", line))
                break
        else:
            if "(not in the test)" not in line:
                found.append(line)
    return found


@unittest.skipIf(os.geteuid() != 0, "only root can make such a machine")
class FirstService(unittest.TestCase):
    def test_word_by_word(self):
        script = "\n".join([
            "cat >/usr/local/bin/systemctl <<'END'\n" + SYSTEMCTL + "END",
            "chmod 755 /usr/local/bin/systemctl",
            "export PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin",
            "unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY",
            INSTALL, *commands(),
            ROUTER])
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [program("unshare"), "--mount", "--net", "--pid", "--fork",
                 "--kill-child", "sh", "-c", MACHINE, "machine", folder],
                input=script, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=PATIENCE_S)
        told = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, told)
        self.assertIn("DNS has 192.0.2.8\n", done.stdout, told)


if __name__ == "__main__":
    unittest.main()
