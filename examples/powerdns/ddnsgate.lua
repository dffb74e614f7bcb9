-- /etc/powerdns/ddnsgate.lua -- who may change what, name by name and type by
-- type; only if pdns.conf names this file.
--
-- PowerDNS then asks for each record of each update of every zone, and looks
-- at none of allow-dnsupdate-from, ALLOW-DNSUPDATE-FROM and
-- TSIG-ALLOW-DNSUPDATE any more: what is not denied here is allowed.  What is
-- denied it leaves out, and says NOERROR all the same.  So the zone needs
-- "read_back = true;" in ddnsgate.conf: else ddnsgate believes that a change
-- was made which was not.

local addresses = newNMG()
addresses:addMasks({ "127.0.0.0/8", "::1/128" })

function updatepolicy(update)
	-- Addresses of names below the zone's own name, never that name itself.
	local kind = update:getQType()
	local is_zone = update:getQName():equal(update:getZoneName():toString())
	return update:getTsigName():equal("ddnsgate") and
		addresses:match(update:getRemote()) and
		update:getZoneName():equal("dyn.example.org") and
		(kind == pdns.A or kind == pdns.AAAA) and not is_zone
end
