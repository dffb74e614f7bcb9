# CVE-2025-23016: a web server's peer could overwrite libfcgi's memory.  Mended
# in 2.4.5 and by distributions in older versions, so the library is tried.
set(FCGI_MENDED_SINCE 2.4.5)

function(check_libfcgi)
	if(NOT CMAKE_CROSSCOMPILING AND NOT DEFINED FCGI_ADDS_LENGTHS)
		try_run(FCGI_ADDS_LENGTHS compiles
			${CMAKE_BINARY_DIR}/libfcgi
			${PROJECT_SOURCE_DIR}/tests/support/libfcgi_lengths.c
			LINK_LIBRARIES PkgConfig::FCGI)
	endif()
	if("${FCGI_ADDS_LENGTHS}" STREQUAL "1")
		unset(FCGI_ADDS_LENGTHS CACHE) # another may come
		message(FATAL_ERROR "libfcgi ${FCGI_VERSION} has the hole "
			"CVE-2025-23016.  Upgrade it: to ${FCGI_MENDED_SINCE}, on "
			"Debian 12 to 2.4.2-2+deb12u1")
	endif()
	if(NOT "${FCGI_ADDS_LENGTHS}" STREQUAL "0" AND
			FCGI_VERSION VERSION_LESS ${FCGI_MENDED_SINCE})
		message(WARNING "libfcgi ${FCGI_VERSION} may have the hole "
			"CVE-2025-23016, which could not be tried here: make sure "
			"that your distribution has mended it")
	endif()
endfunction()
check_libfcgi()
