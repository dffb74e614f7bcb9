#!/bin/sh
# Sets up a service and a timer that tell this machine's address to ddnsgate
# every five minutes; an address that DNS has already costs nothing.  Run this
# as root.  Leave out the line of a family that this machine has not got.
# Before that put the client's secret in place of SECRET.
set -eu

# Only root can read the secret; systemd hands it to the service.
install -m 600 /dev/stdin /etc/ddnsgate-update.curl <<'END'
url = "https://ddns.example.org/SECRET"
fail
silent
show-error
output = "/dev/null"
max-time = 30
retry = 2
END

install -m 644 /dev/stdin /etc/systemd/system/ddnsgate-update.service <<'END'
[Unit]
Description=Tell this machine's address to the dynamic DNS
Documentation=man:curl(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
LoadCredential=curl:/etc/ddnsgate-update.curl
ExecStart=/usr/bin/curl -4 -K %d/curl
ExecStart=/usr/bin/curl -6 -K %d/curl

DynamicUser=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
END

install -m 644 /dev/stdin /etc/systemd/system/ddnsgate-update.timer <<'END'
[Unit]
Description=Tell this machine's address to the dynamic DNS, now and then

[Timer]
OnBootSec=30s
OnUnitActiveSec=5min
RandomizedDelaySec=30s

[Install]
WantedBy=timers.target
END

systemctl daemon-reload
systemctl start ddnsgate-update.service
systemctl enable --now ddnsgate-update.timer
