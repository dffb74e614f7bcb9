# cmake -DPROGRAM=PATH -DTEMPLATE=FILE -DOUT=FILE -P completion.cmake
# Writes the bash completion of a program.  What it completes is read from the
# program's help, which prints the tables of commands and options: a new row
# there needs no other place.

# What the program prints, or nothing if it fails and may.
function(ask ret)
	execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text
		RESULT_VARIABLE status)
	if(NOT status EQUAL 0)
		message(FATAL_ERROR "${PROGRAM} ${ARGN}: ${status}")
	endif()
	# CMake takes brackets for those of a list, and ";" for its separator.
	string(REPLACE ";" "," text "${text}")
	string(REPLACE "[" "<" text "${text}")
	string(REPLACE "]" ">" text "${text}")
	set(${ret} "${text}" PARENT_SCOPE)
endfunction()

# A case of the completion: options and arguments of a usage, with what else
# there is of options.
function(add_usage name usage)
	set(options ${ARGN})
	string(REGEX MATCHALL "<-[^>]*>" bracketed "${usage}")
	foreach(option IN LISTS bracketed)
		string(REPLACE "${option}" "" usage "${usage}")
		string(REGEX REPLACE "[<>]" "" option "${option}")
		string(REPLACE " " "=" option "${option}")
		list(APPEND options "${option}")
	endforeach()
	list(REMOVE_DUPLICATES options)
	string(REGEX REPLACE "[<>]" "" usage "${usage}")
	string(REGEX REPLACE " +" " " usage "${usage}")
	string(STRIP "${usage}" arguments)
	string(JOIN " " options ${options})
	set(USAGES "${USAGES}\t'${name}') options='${options}'\
 arguments='${arguments}' ;;\n" PARENT_SCOPE)
endfunction()

# The usage of a help text, in one line and without what comes before the
# arguments.
function(read_usage ret text before)
	string(REGEX REPLACE "\n\n.*" "" usage "${text}")
	string(REGEX REPLACE "[ \n]+" " " usage "${usage}")
	string(FIND "${usage}" "${before}" at)
	if(at LESS 0)
		message(FATAL_ERROR "${PROGRAM}: no usage in: ${text}")
	endif()
	string(LENGTH "${before}" len)
	math(EXPR at "${at} + ${len}")
	string(SUBSTRING "${usage}" ${at} -1 usage)
	set(${ret} "${usage}" PARENT_SCOPE)
endfunction()

get_filename_component(PROGRAM_NAME ${PROGRAM} NAME)
string(REPLACE "-" "_" FUNCTION ${PROGRAM_NAME})
set(USAGES "")
set(COMMANDS "")
set(KINDS "")

ask(help --help)
read_usage(usage "${help}" "usage: ${PROGRAM_NAME}")
string(REGEX MATCHALL "--[a-z][a-z-]*" longs "${help}")
string(REGEX MATCHALL " -[A-Za-z]," shorts "${help}")
string(REGEX REPLACE "[ ,]" "" shorts "${shorts}")
string(REGEX MATCHALL "-[A-Za-z]" shorts "${shorts}")
if(help MATCHES "\ncommands:(\n.*)\n\noptions:")
	add_usage("" " <-c FILE> COMMAND" ${shorts} ${longs})
	string(REGEX MATCHALL "\n  [a-z][a-z-]*" names "${CMAKE_MATCH_1}")
	string(REGEX MATCHALL "[a-z][a-z-]*" names "${names}")
	foreach(command IN LISTS names)
		ask(help help ${command})
		read_usage(usage "${help}" "<-c FILE> ${command}")
		add_usage(${command} "${usage}" --help)
	endforeach()
	add_usage(help "COMMAND")
	string(JOIN " " COMMANDS ${names} help)
	ask(kinds snippet)
	string(REGEX MATCHALL "\n[a-z][a-z0-9.-]*" kinds "\n${kinds}")
	string(REGEX MATCHALL "[a-z][a-z0-9.-]*" kinds "${kinds}")
	string(JOIN " " KINDS ${kinds})
else()
	add_usage("" "${usage}" ${longs})
endif()
string(REGEX REPLACE "\n$" "" USAGES "${USAGES}")
set(PROGRAM ${PROGRAM_NAME})
configure_file(${TEMPLATE} ${OUT} @ONLY)
