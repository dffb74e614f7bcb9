#!/bin/sh
# Sets up ddns-scripts on OpenWrt for the client lars: run this on the router,
# or paste it into a shell there.  It may be run again.
# Before that put the client's secret in place of SECRET.

# The service.  "answer" is what success looks like; without it any answer
# counts as one.  ddns-scripts turns http into https where use_https is 1.
mkdir -p /usr/share/ddns/custom
cat >/usr/share/ddns/custom/ddnsgate.json <<'END'
{
  "name": "ddnsgate",
  "ipv4": {
    "url": "http://[USERNAME]:[PASSWORD]@ddns.example.org/nic/update?hostname=[DOMAIN]&myip=[IP]",
    "answer": "good|nochg"
  },
  "ipv6": {
    "url": "http://[USERNAME]:[PASSWORD]@ddns.example.org/nic/update?hostname=[DOMAIN]&myip=[IP]",
    "answer": "good|nochg"
  }
}
END

# A section for each host and family, as in /etc/config/ddns.  The addresses
# are those of the interfaces wan and wan6.  After a failure, which might be a
# wrong secret, it would try again every minute.
uci -m import ddns <<'END'
config service 'ddnsgate_1_ipv4'
	option enabled '1'
	option service_name 'ddnsgate'
	option use_https '1'
	option use_ipv6 '0'
	option lookup_host 'loc1.dyn.example.org'
	option domain 'loc1.dyn.example.org'
	option username 'lars'
	option password 'SECRET'
	option interface 'wan'
	option ip_source 'network'
	option ip_network 'wan'
	option retry_interval '5'
	option retry_unit 'minutes'

config service 'ddnsgate_2_ipv4'
	option enabled '1'
	option service_name 'ddnsgate'
	option use_https '1'
	option use_ipv6 '0'
	option lookup_host 'nas.dyn.example.org'
	option domain 'nas.dyn.example.org'
	option username 'lars'
	option password 'SECRET'
	option interface 'wan'
	option ip_source 'network'
	option ip_network 'wan'
	option retry_interval '5'
	option retry_unit 'minutes'

config service 'ddnsgate_1_ipv6'
	option enabled '1'
	option service_name 'ddnsgate'
	option use_https '1'
	option use_ipv6 '1'
	option lookup_host 'loc1.dyn.example.org'
	option domain 'loc1.dyn.example.org'
	option username 'lars'
	option password 'SECRET'
	option interface 'wan6'
	option ip_source 'network'
	option ip_network 'wan6'
	option retry_interval '5'
	option retry_unit 'minutes'

config service 'ddnsgate_2_ipv6'
	option enabled '1'
	option service_name 'ddnsgate'
	option use_https '1'
	option use_ipv6 '1'
	option lookup_host 'nas.dyn.example.org'
	option domain 'nas.dyn.example.org'
	option username 'lars'
	option password 'SECRET'
	option interface 'wan6'
	option ip_source 'network'
	option ip_network 'wan6'
	option retry_interval '5'
	option retry_unit 'minutes'

END
uci commit ddns
/etc/init.d/ddns restart
