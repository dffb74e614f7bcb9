# The texts that are compiled in: set-up of clients, and the page for people.

# The kinds of "ddnsgatectl snippet", in the order in which it lists them.
set(SNIPPETS curl.sh cron.crontab systemd.sh ddclient.conf inadyn.conf
	openwrt.sh fritzbox.txt pfsense.txt opnsense.txt mikrotik.rsc
	unifi.txt synology.txt edgerouter.txt)
# Those for certificates.
set(ACME_SNIPPETS lego.sh certbot.sh dehydrated.sh uacme.sh acme.sh.sh
	caddy.Caddyfile traefik.yml acme-dns.txt)
# What several snippets have in common, in place of lines "@include FILE"; each
# may have such lines for those before it.
set(INCLUDED explain.sh call.sh hook.sh)

# The bytes of snippets/FILE.in with what it includes.
function(read_snippet file ret)
	set(source src/reply/snippets/${file}.in)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
	file(READ ${source} bytes HEX)
	foreach(included IN LISTS INCLUDED)
		string(HEX "@include ${included}.in\n" line)
		string(REPLACE "${line}" "${bytes_of_${included}}" bytes "${bytes}")
	endforeach()
	set(${ret} "${bytes}" PARENT_SCOPE)
endfunction()

foreach(file IN LISTS INCLUDED)
	read_snippet(${file} bytes_of_${file})
endforeach()

# Each as an array of bytes; a string would be too long for a C compiler to
# have to take it.
set(texts "")
set(rows "")
foreach(file IN LISTS SNIPPETS ACME_SNIPPETS)
	string(REGEX REPLACE "[.][^.]*$" "" kind ${file})
	string(MAKE_C_IDENTIFIER ${kind} name)
	set(acme false)
	if(file IN_LIST ACME_SNIPPETS)
		set(acme true)
	endif()
	read_snippet(${file} bytes)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
	string(APPEND texts "static const char ${name}[] = {${bytes}0};\n")
	string(APPEND rows "\t{ \"${kind}\", ${name}, ${acme} },\n")
endforeach()
configure_file(src/reply/snippets/kinds.c.in snippet_kinds.c @ONLY)

# The page as one array, with its style; the blanks that show a designer where
# he is are left out.
set(page src/reply/page/page.html)
set(style src/reply/page/page.css)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page} ${style})
file(READ ${page} bytes)
file(READ ${style} style_bytes)
string(REPLACE "@include page.css\n" "${style_bytes}" bytes "${bytes}")
string(REGEX REPLACE "\n[ \t]+" "\n" bytes "${bytes}")
string(HEX "${bytes}" bytes)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
configure_file(src/reply/page/page_template.c.in page_template.c @ONLY)
list(APPEND core_sources ${CMAKE_CURRENT_BINARY_DIR}/snippet_kinds.c
	${CMAKE_CURRENT_BINARY_DIR}/page_template.c)
