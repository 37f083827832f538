#!/bin/bash
# postgres.sh start FOLDER | crash FOLDER | restart FOLDER | stop FOLDER: a
# PostgreSQL of one's own, on a socket in FOLDER, which `start` makes and `stop`
# removes. `start` prints what libpq needs to know. crash: as a machine that
# goes off, but for what the kernel has; it recovers by restart. Run by root it
# is nobody's server, for root's it will not be.
set -euo pipefail
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
umask 077

[ $# -eq 2 ] || { echo "usage: postgres.sh start|crash|restart|stop FOLDER" >&2; exit 2; }
folder=$2
bin=$(echo /usr/lib/postgresql/*/bin | awk '{ print $NF }')
[ -x "$bin/initdb" ] || { echo "no PostgreSQL; apt has it as postgresql" >&2; exit 1; }

# The server's programs, by whoever may run them.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups \
		    env HOME="$folder" "$@"
	else
		"$@"
	fi
}

control() {
	(cd "$folder" && as_server "$bin/pg_ctl" -s -D "$folder/data" \
	    -l "$folder/log" "$@") >&2 || { cat "$folder/log" >&2; exit 1; }
}

up() {
	control -w -t 120 -o "-k $folder -c listen_addresses='' \
	    -c shared_buffers=16MB -c max_connections=20 \
	    -c log_min_messages=fatal" start
}

case $1 in
start)
	mkdir -p "$folder"
	[ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$folder"
	(cd "$folder" && as_server "$bin/initdb" -D "$folder/data" -A trust \
	    -U gatehouse --no-sync -E UTF8 --locale=C) >/dev/null
	up
	echo "host=$folder user=gatehouse dbname=postgres"
	;;
crash) control -m immediate stop ;;
restart) up ;;
stop)
	control -m immediate stop
	rm -rf "$folder"
	;;
*) exit 2 ;;
esac
