#!/bin/sh
# Builds the fuzz targets with libFuzzer and runs each with its dictionary, from
# its corpus.
#
#	sh tests/fuzz/run.sh [SECONDS] [TARGET...]
#
# SECONDS for each target (300), several at once on several processors; TARGETs
# as in "handler conf", else all.  All is done in a temporary folder, or in
# $FUZZ_DIR, where the build and what the fuzzer learns stay for the next time.
# A target stops at its first finding; the input stays, with the target's log,
# and the exit status is 1.
set -eu
cd "$(dirname "$0")/../.."

seconds=300
case ${1-} in
*[!0-9]* | '') ;;
*)
	seconds=$1
	shift
	;;
esac
if [ $# -eq 0 ]; then
	for source in tests/fuzz/*_fuzz.c; do
		set -- "$@" "$(basename "$source" _fuzz.c)"
	done
fi
for target; do
	if [ ! -e "tests/fuzz/${target}_fuzz.c" ]; then
		echo "run.sh: no target $target" >&2
		exit 2
	fi
done

work=${FUZZ_DIR-}
if [ -z "$work" ]; then
	work=$(mktemp -d)
	# What was found is elsewhere.
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
fi
mkdir -p "$work/learnt" "$work/logs"
found=$(mktemp -d "${TMPDIR:-/tmp}/ddnsgate-findings.XXXXXX")

# run TARGET: leaves its log, and on failure what it fails with.
cat >"$work/run" <<'END'
set -eu
work=$1 found=$2 seconds=$3 target=$4
mkdir -p "$work/learnt/$target"
"$work/build/bin/${target}_fuzz" "-dict=tests/fuzz/$target.dict" \
	"-max_total_time=$seconds" -timeout=10 -print_final_stats=1 \
	"-artifact_prefix=$found/$target-" "$work/learnt/$target" \
	"tests/fuzz/corpus/$target" >"$work/logs/$target" 2>&1 ||
	cp "$work/logs/$target" "$found/$target.log"
END

build() {
	cmake -S . -B "$work/build" -G Ninja -DCMAKE_C_COMPILER=clang \
		-DDDNSGATE_FUZZ=ON &&
		printf ' %s_fuzz' "$@" | xargs ninja -C "$work/build"
}

if ! build "$@" >"$work/logs/build" 2>&1; then
	cat "$work/logs/build" >&2
	rmdir "$found"
	exit 1
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -I TARGET \
	sh "$work/run" "$work" "$found" "$seconds" TARGET

printf '%-12s %12s %10s %9s\n' target executions per-second findings
for target; do
	findings=0
	[ ! -e "$found/$target.log" ] || findings=1
	awk -v target="$target" -v findings="$findings" '
		/^stat::number_of_executed_units/ { executions = $2 }
		/^stat::average_exec_per_sec/ { speed = $2 }
		END { printf "%-12s %12d %10d %9d\n",
			target, executions, speed, findings }
	' "$work/logs/$target"
done
rmdir "$found" 2>/dev/null && exit 0
echo "findings and their logs are in $found"
exit 1
