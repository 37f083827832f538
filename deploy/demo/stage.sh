# shellcheck shell=bash
# stage.sh: sets up a gateway in a throw-away folder, starts and stops it.
# Sourced by the demonstration and by the scenario tests; not run by itself.
#
#	stage_new FOLDER         certificates, and a place for the rest
#	stage_key ID             an S3 access key; its secret is in keys/s3/ID
#	stage_begin              `gatehouse run`; returns when it is ready
#	stage_stop               ends it; says so if it does not end by itself
#
# The caller writes gatehouse.yaml and policy.yaml into the folder, and runs
# `gatehouse init` by stage_init. All names begin with stage_.

stage_bin=${stage_bin:-build/release/bin}
stage_dir=
stage_port=
stage_pid=

# A port that nobody has now; GATEHOUSE_TEST_PORT says where to begin instead.
stage_free_port() {
	/usr/bin/python3 - "${GATEHOUSE_TEST_PORT:-0}" <<-'PY'
	import socket, sys
	port = int(sys.argv[1])
	while True:
	    s = socket.socket()
	    try:
	        s.bind(("127.0.0.1", port))
	        print(s.getsockname()[1])
	        break
	    except OSError:
	        port += 1
	PY
}

# stage_certificate NAME SUBJECT-ALT-NAME: NAME.key and NAME.pem in tls/.
stage_certificate() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$stage_dir/tls/$1.key" -subj "/CN=$1" 2>/dev/null |
	    openssl x509 -req -days 30 -CA "$stage_dir/tls/ca.pem" \
	    -CAkey "$stage_dir/tls/ca.key" -CAcreateserial \
	    -extfile <(printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n%s' \
	        "$2" 'keyUsage=digitalSignature') \
	    -out "$stage_dir/tls/$1.pem" 2>/dev/null
}

stage_new() {
	stage_dir=$1
	# The roles have users of their own when root starts them, and those
	# must be able to pass through; what is secret has mode 0600 or 0700.
	(umask 022; mkdir -p "$stage_dir/tls")
	chmod 711 "$stage_dir"
	chmod 700 "$stage_dir/tls"
	stage_port=$(stage_free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 30 -subj "/CN=Demo CA" -keyout "$stage_dir/tls/ca.key" \
	    -out "$stage_dir/tls/ca.pem" 2>/dev/null
	stage_certificate server "DNS:localhost,IP:127.0.0.1"
	stage_certificate trainer "URI:spiffe://st-anna/ml/trainer"
}

stage_init() {
	"$stage_bin/gatehouse" init --config "$stage_dir/gatehouse.yaml"
}

# The secret is never an argument of a program.
stage_key() {
	(umask 077
	mkdir -p "$stage_dir/keys/s3"
	head -c 30 /dev/urandom | base64 -w 0 | tr '+/' 'ab' \
	    >"$stage_dir/keys/s3/$1")
}

stage_is_ready() {
	curl -sf -m 3 --noproxy '*' --cacert "$stage_dir/tls/ca.pem" -o /dev/null \
	    "https://localhost:$stage_port/readyz" 2>/dev/null
}

stage_start() {
	local deadline=$((SECONDS + 30))
	"$stage_bin/gatehouse" run --config "$stage_dir/gatehouse.yaml" "$@" \
	    </dev/null >>"$stage_dir/gatehouse.log" 2>&1 &
	stage_pid=$!
	while [ $SECONDS -lt $deadline ]; do
		stage_is_ready && return 0
		if ! kill -0 $stage_pid 2>/dev/null; then
			wait $stage_pid
			echo "gatehouse did not start, status $?:" >&2
			tail -n 20 "$stage_dir/gatehouse.log" >&2
			stage_pid=
			return 1
		fi
		sleep 0.1
	done
	echo "gatehouse is not ready after 30 seconds:" >&2
	tail -n 20 "$stage_dir/gatehouse.log" >&2
	stage_stop
	return 1
}

# stage_start, and where the kernel has no seccomp or no Landlock: once more
# without them, loudly. Nobody should do that with real data.
stage_begin() {
	stage_start 2>"$stage_dir/refusal" && return 0
	if ! grep -q -- --allow-degraded "$stage_dir/refusal"; then
		cat "$stage_dir/refusal" >&2
		return 1
	fi
	echo "WARNING: this kernel cannot jail the roles; going on WITHOUT" >&2
	stage_start --allow-degraded
}

# stage_family PID: it and all that come from it. A role's parent is the
# starter, which is a child of the supervisor.
stage_family() {
	local child
	echo "$1"
	for child in $(pgrep -P "$1"); do
		stage_family "$child"
	done
}

stage_stop() {
	local family tries status=0
	[ -n "$stage_pid" ] || return 0
	family=$(stage_family "$stage_pid")
	kill -TERM "$stage_pid" 2>/dev/null
	for ((tries = 0; tries < 100; tries++)); do
		kill -0 "$stage_pid" 2>/dev/null || break
		sleep 0.1
	done
	if kill -0 "$stage_pid" 2>/dev/null; then
		echo "gatehouse does not end on SIGTERM; killed" >&2
		# shellcheck disable=SC2086 # a list of numbers
		kill -KILL $family 2>/dev/null
		status=1
	fi
	wait "$stage_pid" 2>/dev/null
	stage_pid=
	return $status
}
