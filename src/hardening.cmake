# What compiler and linker offer against attacks; each is left out where they
# do not know it.  HARDENING_FLAGS lists the compiler's, for the test of the
# programs.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)

function(harden_compiler flag)
	string(MAKE_C_IDENTIFIER "HAS${flag}" has)
	set(CMAKE_REQUIRED_FLAGS -Werror) # clang only warns of a foreign flag
	check_c_compiler_flag(${flag} ${has})
	if(${has})
		add_compile_options(${flag})
		list(APPEND HARDENING_FLAGS ${flag})
		set(HARDENING_FLAGS ${HARDENING_FLAGS} PARENT_SCOPE)
	endif()
endfunction()

function(harden_linker flag)
	string(MAKE_C_IDENTIFIER "LINKS${flag}" links)
	check_linker_flag(C ${flag} ${links})
	if(${links})
		add_link_options(${flag})
	endif()
endfunction()

set(HARDENING_FLAGS "")
harden_compiler(-fstack-protector-strong)
harden_compiler(-fstack-clash-protection)
harden_compiler(-fcf-protection=full)        # x86
harden_compiler(-mbranch-protection=standard) # ARM
harden_linker(-Wl,-z,noexecstack)
harden_linker(-Wl,-z,separate-code)

# glibc lowers the level where the compiler cannot tell the size of an object
# at run time.  The sanitizers do better than either.
function(harden_library_calls)
	set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
	check_c_source_compiles("
		#include <features.h>
		#if __USE_FORTIFY_LEVEL < 3
		#error
		#endif
		int main(void) { return 0; }" HAS_FORTIFY_SOURCE_3)
	set(level 2)
	if(HAS_FORTIFY_SOURCE_3)
		set(level 3)
	endif()
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${level})
	list(APPEND HARDENING_FLAGS -D_FORTIFY_SOURCE=${level})
	set(HARDENING_FLAGS ${HARDENING_FLAGS} PARENT_SCOPE)
endfunction()
if(NOT DDNSGATE_SANITIZE AND NOT DDNSGATE_FUZZ AND
		NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
	harden_library_calls()
endif()
