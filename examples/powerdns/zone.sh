#!/bin/sh
# Makes in PowerDNS the zone dyn.example.org and a TSIG key that may update it,
# and gives ddnsgate the key.  Once, as root, when pdns.conf is in
# /etc/powerdns:
#	sh zone.sh && systemctl restart pdns
set -eu
umask 077
cd "$(dirname "$0")"

database=/var/lib/powerdns/pdns.sqlite3
if [ ! -e "$database" ]; then
	sqlite3 "$database" \
		</usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql
fi

if pdnsutil list-all-zones | grep -qx dyn.example.org; then
	echo "dyn.example.org is there already, and stays as it is" >&2
	exit 1
fi
pdnsutil load-zone dyn.example.org dyn.example.org.zone

# The TSIG key, one secret on both sides.  PowerDNS makes it and ddnsgate reads
# it, so that it is never on a command line, where others see it.  (For a key
# that you have already: pdnsutil import-tsig-key ddnsgate hmac-sha256 SECRET)
pdnsutil generate-tsig-key ddnsgate hmac-sha256 >/dev/null
pdnsutil list-tsig-keys |
	sed -n 's/^ddnsgate\. hmac-sha256\. /hmac-sha256:ddnsgate:/p' \
		>/etc/ddnsgate/tsig.key
chgrp ddnsgate /etc/ddnsgate/tsig.key # www-data, if Apache runs it
chmod 640 /etc/ddnsgate/tsig.key

# This key, and no other: without the line every key that PowerDNS knows may
# update the zone, and an update without any key, too.
pdnsutil set-meta dyn.example.org TSIG-ALLOW-DNSUPDATE ddnsgate
# A new serial for each update, the old one plus 1.
pdnsutil set-meta dyn.example.org SOA-EDIT-DNSUPDATE INCREASE

# With DNSSEC every answer is signed as it is asked for.  What the parent zone
# needs: pdnsutil export-zone-ds dyn.example.org
# pdnsutil secure-zone dyn.example.org

chown -R pdns:pdns /var/lib/powerdns
