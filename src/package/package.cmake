# "cpack -G DEB" makes ddnsgate_VERSION_ARCH.deb: what is installed by hand, as
# Debian has it (stage.cmake), with a configuration, a user and running units
# (postinst, prerm, postrm).

set(work ${CMAKE_CURRENT_BINARY_DIR}/package)

# The web server's socket is there from the installation on.  Other units, and
# programs, are installed only.
set(ENABLED_UNITS ddnsgate.socket ddnsgate.service)
set(OTHER_UNITS ${UNITS})
list(REMOVE_ITEM OTHER_UNITS ${ENABLED_UNITS})
set(OTHER_SERVICES ${OTHER_UNITS})
list(FILTER OTHER_SERVICES INCLUDE REGEX "[.]service$")
set(units ${UNITS})
foreach(list IN ITEMS ENABLED_UNITS OTHER_UNITS OTHER_SERVICES UNITS)
	string(JOIN " " ${list} ${${list}})
endforeach()
foreach(script IN ITEMS postinst prerm postrm)
	configure_file(${CMAKE_CURRENT_LIST_DIR}/${script} ${work}/${script}
		@ONLY FILE_PERMISSIONS
		OWNER_READ OWNER_WRITE OWNER_EXECUTE
		GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()
file(WRITE ${work}/conffiles "/etc/ddnsgate/ddnsgate.conf\n")
set(UNITS ${units})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ${PROJECT_NAME})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# The maintainer is who signs the changelog.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
	${CMAKE_CURRENT_LIST_DIR}/changelog)
file(READ ${CMAKE_CURRENT_LIST_DIR}/changelog changelog)
string(REGEX MATCH "\n -- ([^>]*>)" signature "${changelog}")
set(CPACK_PACKAGE_CONTACT "${CMAKE_MATCH_1}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "dynamic DNS beside your own DNS server")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A router calls a secret URL; ddnsgate finds out whose secret it is and which
names that client may change, and sends Knot DNS, BIND or another server that
knows RFC 2136 one signed UPDATE.
.
It is a FastCGI or CGI program behind a web server, speaks the protocols of
dyndns2 and DuckDNS as well, and has one configuration file and no database.")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE
	OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/stage.cmake)
set(CPACK_DDNSGATE_SOURCES ${PROJECT_SOURCE_DIR})
set(CPACK_DDNSGATE_UNITS ${units})

set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The first one is small, and systemd itself is the second one.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
	"systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
	"knot | bind9 | pdns-server, nginx | apache2 | httpd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${work}/conffiles ${work}/postinst
	${work}/prerm ${work}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
