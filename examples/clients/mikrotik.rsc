# RouterOS: upload this as ddnsgate.rsc, then /import ddnsgate.rsc
# It makes a script that compares the address of the interface "wan" with what
# DNS has, and only calls on a difference; and it has it run every five minutes.
# Before that put the client's secret in place of SECRET.
# With the server's CA imported, add check-certificate=yes behind mode=https.
/system scheduler remove [find name="ddnsgate"]
/system script remove [find name="ddnsgate"]
/system script add name="ddnsgate" policy=ftp,read,write,test source={
:local wan "ether1"
:local host "loc1.dyn.example.org"
:local new [/ip address get [:pick [/ip address find interface=$wan] 0] address]
:set new [:pick $new 0 [:find $new "/"]]
:local old ""
:do { :set old [:tostr [:resolve $host]] } on-error={}
:if ($new != $old) do={
:do {
:local reply [/tool fetch mode=https user="lars" password="SECRET" url="https://ddns.example.org/nic/update\3Fhostname=loc1.dyn.example.org,nas.dyn.example.org&myip=$new" output=user as-value]
:log info ("ddnsgate: " . ($reply->"data"))
} on-error={ :log warning "ddnsgate: the update of $host to $new failed" }
}
}
/system scheduler add name="ddnsgate" interval=5m start-time=startup on-event="ddnsgate"
