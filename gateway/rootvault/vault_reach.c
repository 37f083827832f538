#include "gateway/rootvault/vault_reach.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"

enum {
	CONNECT_MS = 5000,
	MAX_ADDRESSES = 4, /* tried one after the other */
};

bool
vault_reach_is_fit(const uint8_t a[16])
{
	static const uint8_t none[16];

	if (address_is_v4(a))
		return a[12] != 0 && a[12] < 224 &&
		    !(a[12] == 169 && a[13] == 254);
	bool is_link = a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
	return !is_link && a[0] != 0xff &&
	    !span_equal(span_of(a, 16), span_of(none, 16));
}

static bool
is_fit(const struct sockaddr *address)
{
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};

	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		memcpy(bytes + 12, &in.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, address, sizeof(in));
		memcpy(bytes, &in.sin6_addr, 16);
	} else {
		return false;
	}
	return vault_reach_is_fit(bytes);
}

/* Whether it answers in time. */
static bool
answers(const struct addrinfo *to)
{
	int failure = 0;
	socklen_t len = sizeof(failure);
	int fd = socket(to->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd < 0)
		return false;
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	bool there = connect(fd, to->ai_addr, to->ai_addrlen) == 0;
	if (!there && errno == EINPROGRESS)
		there = poll(&p, 1, CONNECT_MS) == 1 &&
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0 &&
		    failure == 0;
	close(fd);
	return there;
}

static struct err
name_address(char out[VAULT_MAX_ADDRESS], const struct addrinfo *of)
{
	char text[VAULT_MAX_ADDRESS - 2];

	if (getnameinfo(of->ai_addr, of->ai_addrlen, text, sizeof(text), NULL,
		0, NI_NUMERICHOST) != 0)
		return ERR(IO, "an address without a text");
	(void)snprintf(out, VAULT_MAX_ADDRESS,
	    of->ai_family == AF_INET6 ? "[%s]" : "%s", text);
	return OK;
}

static struct err
reach_any(char out[VAULT_MAX_ADDRESS], const struct addrinfo *found)
{
	unsigned tried = 0;

	for (const struct addrinfo *a = found;
	     a != NULL && tried < MAX_ADDRESSES; a = a->ai_next) {
		if (!is_fit(a->ai_addr))
			continue;
		tried++;
		if (answers(a))
			return name_address(out, a);
	}
	if (tried == 0)
		return ERR(DENIED,
		    "the host of `root: vault-url` is at an address where no "
		    "server is: unspecified, link-local or multicast");
	return ERR(UNAVAILABLE, "the server of `root: vault-url` is away");
}

struct err
vault_reach(char out[VAULT_MAX_ADDRESS], const struct vault_server *server)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", (unsigned)server->port);
	if (getaddrinfo(server->host, port, &hints, &found) != 0)
		return ERR(UNAVAILABLE,
		    "the host of `root: vault-url` has no address");
	struct err err = reach_any(out, found);
	freeaddrinfo(found);
	return err;
}
