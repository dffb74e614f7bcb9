# Run by cpack on what is going to be in the package: makes of an installation
# by hand one as Debian has it.

set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(package ${CPACK_DDNSGATE_SOURCES}/src/package)
set(doc ${root}/usr/share/doc/ddnsgate)

set(ENV{DESTDIR} "") # what file(INSTALL) would put before each path

function(compress)
	execute_process(COMMAND gzip -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# With /usr/sbin, whatever the prefix of an installation by hand; and where
# Debian 12 looks for units and lintian for what installs one.
file(REMOVE_RECURSE ${root}/usr/lib/systemd)
foreach(unit IN LISTS CPACK_DDNSGATE_UNITS)
	file(INSTALL ${CPACK_DDNSGATE_SOURCES}/examples/systemd/${unit}
		DESTINATION ${root}/lib/systemd/system)
endforeach()

file(INSTALL ${package}/ddnsgate.conf DESTINATION ${root}/etc/ddnsgate
	PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
file(CHMOD ${root}/etc/ddnsgate PERMISSIONS OWNER_READ OWNER_WRITE
	OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)
# What ddnsgatectl makes there gets ddnsgate's group.
file(CHMOD ${root}/etc/ddnsgate/clients.d PERMISSIONS OWNER_READ OWNER_WRITE
	OWNER_EXECUTE GROUP_READ GROUP_EXECUTE SETGID)

file(RENAME ${doc}/LICENSE ${doc}/copyright)
file(INSTALL ${package}/changelog DESTINATION ${doc})
file(GLOB pages ${root}/usr/share/man/man*/*)
compress(${doc}/changelog ${pages})
file(INSTALL ${package}/lintian-overrides
	DESTINATION ${root}/usr/share/lintian/overrides RENAME ddnsgate)
