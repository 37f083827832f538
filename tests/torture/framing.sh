#!/bin/bash
# framing.sh [MUTANTS]: whether two servers could see different requests in the
# same bytes. The gateway beside nginx, haproxy and Node (whose parser is llhttp),
# over our corpus and mutants of it. An attacker who stands behind another server
# gains by what we take and it refuses, or by a border that we see alone.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
gw_up

others=()
pids=()
stop_others() {
	local code=$?
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	(exit $code)
	gw_end
}
trap stop_others EXIT
port=$((stage_port + 1))

# other NAME PROGRAM COMMAND...: starts it in front of $port, which it listens
# on; a server that is not installed is skipped by its name.
other() {
	local name=$1 tries
	if ! command -v "$2" >/dev/null; then
		skip 1 "no $name here"
		return
	fi
	"${@:2}" >"$gw_top/$name.log" 2>&1 &
	pids+=($!)
	for ((tries = 0; tries < 300; tries++)); do
		curl -s -m 3 --noproxy '*' -o /dev/null "http://127.0.0.1:$port/" && break
		sleep 0.1
	done
	ok "$name answers" curl -s -m 3 --noproxy '*' "http://127.0.0.1:$port/"
	others+=("$name=$port")
	next_port
}

next_port() {
	port=$(GATEHOUSE_TEST_PORT=$((port + 1)) stage_free_port)
}

next_port
chmod 755 "$gw_top"
cat >"$gw_top/nginx.conf" <<CONF
daemon off;
pid $gw_top/nginx.pid;
error_log stderr;
worker_processes 1;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $gw_top/nginx-body;
	proxy_temp_path $gw_top/nginx-proxy;
	fastcgi_temp_path $gw_top/nginx-fastcgi;
	uwsgi_temp_path $gw_top/nginx-uwsgi;
	scgi_temp_path $gw_top/nginx-scgi;
	server {
		listen 127.0.0.1:$port;
		location / { return 200 "x"; }
	}
}
CONF
other nginx nginx -c "$gw_top/nginx.conf"
cat >"$gw_top/haproxy.cfg" <<CONF
global
	maxconn 256
defaults
	mode http
	timeout client 10s
	timeout http-request 10s
	timeout connect 10s
	timeout server 10s
frontend all
	bind 127.0.0.1:$port
	http-request return status 200 content-type text/plain string x
CONF
other haproxy haproxy -db -f "$gw_top/haproxy.cfg"
cat >"$gw_top/server.js" <<'JS'
require("http").createServer((request, response) => {
	request.resume();
	response.end("x");
}).listen(Number(process.argv[2]), "127.0.0.1");
JS
other node node "$gw_top/server.js" "$port"

if [ ${#others[@]} -gt 0 ]; then
	tap_from /usr/bin/python3 tests/torture/framing.py "$stage_port" \
	    "$gw_dir/tls/ca.pem" "${1:-5000}" "${others[@]}"
else
	skip 1 "no other server here"
fi
