#include "gateway/loader/listening.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/loader/no_start.h"

/* False: errno says why. */
static bool
bind_at(int *out, const struct config_endpoint *endpoint)
{
	struct sockaddr_in6 six = {
	    .sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_port = htons(endpoint->port)};
	bool is_four = address_is_v4(endpoint->address);
	const struct sockaddr *address = is_four
	    ? (const struct sockaddr *)(const void *)&four
	    : (const struct sockaddr *)(const void *)&six;
	int on = 1;

	memcpy(&six.sin6_addr, endpoint->address, 16);
	memcpy(&four.sin_addr, endpoint->address + 12, 4);
	*out = socket(is_four ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return *out >= 0 &&
	    setsockopt(*out, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(*out, address, is_four ? sizeof(four) : sizeof(six)) == 0 &&
	    listen(*out, 1024) == 0;
}

/* A socket of a gateway that has ended stays behind; one that answers is in
 * use. */
static bool
is_in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)(const void *)address,
		sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return used;
}

void
listening_name(
    uint8_t out[LOAD_ENDPOINT], const struct config_endpoint *endpoint)
{
	memcpy(out, endpoint->address, 16);
	out[16] = (uint8_t)(endpoint->port >> 8);
	out[17] = (uint8_t)endpoint->port;
}

/* Whether it listens already. */
static bool
take_given(int *out, const struct control_items *given,
    const struct config_endpoint *endpoint)
{
	uint8_t name[LOAD_ENDPOINT];

	listening_name(name, endpoint);
	for (size_t i = 0; i < given->num_items; i++) {
		struct control_item *item = &given->items[i];
		if (strcmp(item->name, "listener") != 0 || item->fd < 0 ||
		    !span_equal(
			buf_span(&item->value), span_of(name, sizeof(name))))
			continue;
		*out = item->fd;
		item->fd = -1;
		return true;
	}
	return false;
}

static int
say_not_bound(const char *key, const struct config_endpoint *endpoint)
{
	char text[32];

	snprintf(text, sizeof(text), "%s: port %u", key, endpoint->port);
	return no_start_errno(text);
}

int
listening_at(int *out, const struct control_items *given,
    const struct config_endpoint *endpoint)
{
	if (take_given(out, given, endpoint) || bind_at(out, endpoint))
		return 0;
	return say_not_bound("listen", endpoint);
}

int
listening_for_metrics(
    int *out, const struct control_items *given, const struct config *config)
{
	const struct config_endpoint *endpoint = &config->metrics;

	*out = -1;
	if (config->metrics_how == METRICS_OFF ||
	    take_given(out, given, endpoint) || bind_at(out, endpoint))
		return 0;
	if (config->metrics_how == METRICS_GIVEN || errno != EADDRINUSE)
		return say_not_bound("metrics", endpoint);
	const struct log_field field = log_number("port", endpoint->port);
	log_event("metrics-not-served", &field, 1);
	sysio_close(out);
	return 0;
}

static int
bind_for_commands(int *out, const struct config *config)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path, sizeof(address.sun_path),
	    "%s/admin.sock", config->run);

	if (len < 0 || (size_t)len >= sizeof(address.sun_path))
		return no_start(config->run, "too long a path for a socket");
	if (mkdir(config->run, 0755) != 0 && errno != EEXIST)
		return no_start_errno(config->run);
	if (is_in_use(&address))
		return no_start(address.sun_path, "another gateway is running");
	if (unlink(address.sun_path) != 0 && errno != ENOENT)
		return no_start_errno(address.sun_path);
	*out =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return no_start_errno(address.sun_path);
	mode_t mask = umask(077);
	int status = bind(*out, (struct sockaddr *)(void *)&address,
			 sizeof(address)) != 0 ||
		listen(*out, 16) != 0
	    ? no_start_errno(address.sun_path)
	    : 0;
	umask(mask);
	return status;
}

int
listening_for_commands(
    int *out, const struct control_items *given, const struct config *config)
{
	if (control_fd(given, "admin", 0, out).code == ERR_OK)
		return 0;
	return bind_for_commands(out, config);
}

int
listening_rest(const struct control_items *given)
{
	if (control_find(given, "activated", 0) == NULL)
		return 0;
	for (size_t i = 0; i < given->num_items; i++) {
		const struct control_item *item = &given->items[i];
		if (strcmp(item->name, "listener") == 0 && item->fd >= 0)
			return no_start("LISTEN_FDS",
			    "a socket of an address that `listen:` of the "
			    "configuration does not name");
	}
	return 0;
}
