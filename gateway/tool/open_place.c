#include "gateway/tool/open_place.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/s3/aws_profile.h"
#include "gateway/s3/sigv4.h"

static const char s3_scheme[] = "s3://";
static const char https_scheme[] = "https://";

static bool
begins(struct span in, const char *scheme)
{
	return span_starts_with(in, span_str(scheme));
}

static struct span
without(struct span in, const char *scheme)
{
	return span_sub(in, strlen(scheme), in.len);
}

bool
open_place_names(const char *in)
{
	struct span name = span_str(in);

	return in[0] == '@' || begins(name, s3_scheme) ||
	    begins(name, https_scheme);
}

/* A variable that is set to nothing is not set. */
static struct span
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL ? (struct span){0} : span_str(value);
}

static struct span
first_of(const char *name, const char *other)
{
	struct span value = variable(name);

	return value.len > 0 ? value : variable(other);
}

/* What goes into a header line holds no blank and no control. */
static bool
is_visible(struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] <= ' ' || in.data[i] > '~')
			return false;
	return true;
}

/* A file, a link to one, or a pipe. */
static struct err
read_text(struct buf *out, const char *path)
{
	int CLEANUP(sysio_close) fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 1;

	if (fd < 0)
		return ERR(IO, "a file does not open");
	TRY(buf_reserve(out, out->max));
	while (len > 0 && out->len < out->max) {
		TRY(sysio_read(
		    fd, out->data + out->len, out->max - out->len, &len));
		out->len += len;
	}
	return OK;
}

/* --- Credentials ------------------------------------------------------- */

static struct err
read_profiles(struct buf *out)
{
	struct buf path CLEANUP(buf_done) = {.max = 4096};
	struct span file = variable("AWS_SHARED_CREDENTIALS_FILE");
	struct span home = variable("HOME");

	if (file.len > 0)
		TRY(buf_append(&path, file));
	else if (home.len > 0)
		TRY(buf_append_format(&path, "%.*s/.aws/credentials",
		    (int)home.len, (const char *)home.data));
	TRY(buf_put_u8(&path, '\0'));
	if (read_text(out, (const char *)path.data).code != ERR_OK)
		return ERR(USAGE,
		    "no access key: set AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
	return OK;
}

static struct err
take_credentials(struct open_place *place)
{
	struct aws_profile found = {.key_id = variable("AWS_ACCESS_KEY_ID"),
	    .secret = variable("AWS_SECRET_ACCESS_KEY"),
	    .token = variable("AWS_SESSION_TOKEN")};
	struct span profile = variable("AWS_PROFILE");

	if (found.key_id.len == 0 || found.secret.len == 0) {
		TRY(read_profiles(&place->text));
		struct err err =
		    aws_profile_find(&found, buf_span(&place->text),
			profile.len > 0 ? profile : span_str("default"));
		if (err.code != ERR_OK)
			return ERR(USAGE, "the profile holds no access key");
	}
	if (found.key_id.len > SIGV4_MAX_KEY_ID ||
	    found.secret.len > SIGV4_MAX_SECRET || !is_visible(found.key_id) ||
	    !is_visible(found.token))
		return ERR(USAGE, "that is no access key");
	place->get.key_id = found.key_id;
	place->get.secret = found.secret;
	place->get.token = found.token;
	return OK;
}

/* --- Where it is ------------------------------------------------------- */

static struct err
take_region(struct open_place *place)
{
	struct span region = first_of("AWS_REGION", "AWS_DEFAULT_REGION");

	if (region.len == 0)
		region = span_str("us-east-1");
	for (size_t i = 0; i < region.len; i++) {
		uint8_t b = region.data[i];
		if (!(b >= 'a' && b <= 'z') && !(b >= '0' && b <= '9') &&
		    b != '-')
			return ERR(USAGE, "that is no region");
	}
	place->get.region = region;
	return OK;
}

/* "https://host[:port]" or with '/' behind. */
static struct err
take_endpoint(struct open_place *place, struct span endpoint)
{
	struct span authority = without(endpoint, https_scheme);

	if (authority.len > 0 && authority.data[authority.len - 1] == '/')
		authority.len--;
	if (!begins(endpoint, https_scheme) || authority.len == 0 ||
	    !is_visible(authority) ||
	    span_find(authority, '/') < authority.len ||
	    span_find(authority, '@') < authority.len ||
	    span_find(authority, '?') < authority.len)
		return ERR(USAGE, "an endpoint is https://HOST[:PORT]");
	TRY(buf_append(&place->url, span_str(https_scheme)));
	return buf_append(&place->url, authority);
}

static struct err
put_endpoint(struct open_place *place, const char *given)
{
	struct span endpoint =
	    first_of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");

	if (given != NULL)
		endpoint = span_str(given);
	if (endpoint.len > 0)
		return take_endpoint(place, endpoint);
	return buf_append_format(&place->url, "https://s3.%.*s.amazonaws.com",
	    (int)place->get.region.len, (const char *)place->get.region.data);
}

static struct err
init_s3(struct open_place *place, struct span name, const char *endpoint)
{
	struct s3_get *get = &place->get;

	name = without(name, s3_scheme);
	size_t slash = span_find(name, '/');
	get->bucket = span_sub(name, 0, slash);
	get->key = span_sub(name, slash + 1, name.len);
	if (get->bucket.len == 0 || !is_visible(get->bucket) ||
	    get->key.len == 0 || get->key.len > S3_MAX_KEY)
		return ERR(USAGE, "an object is s3://BUCKET/KEY");
	TRY(take_region(place));
	TRY(take_credentials(place));
	TRY(put_endpoint(place, endpoint));
	size_t len = place->url.len;
	TRY(s3_get_path(&place->url, get));
	TRY(buf_put_u8(&place->url, '\0'));
	/* The buffer has moved for the last time. */
	get->authority = without(span_of(place->url.data, len), https_scheme);
	place->is_signed = true;
	return OK;
}

/* "user:password@host": in no URL of ours. */
static bool
names_user(struct span rest)
{
	struct span authority;

	return span_take_until(&rest, &authority, '/') &&
	    span_find(authority, '@') < authority.len;
}

static struct err
read_name(struct buf *out, const char *in)
{
	struct buf text CLEANUP(buf_wipe) = {.max = FETCH_MAX_URL};
	struct span rest, line = {0};

	if (in[0] != '@')
		return buf_append_str(out, in);
	if (read_text(&text, in + 1).code != ERR_OK)
		return ERR(USAGE, "the file with the URL cannot be read");
	rest = buf_span(&text);
	(void)span_take_until(&rest, &line, '\n');
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return buf_append(out, line);
}

struct err
open_place_init(struct open_place *out, const char *in, const char *endpoint)
{
	*out = (struct open_place){.url = {.max = FETCH_MAX_URL},
	    .text = {.max = AWS_MAX_CREDENTIALS},
	    .name = {.max = FETCH_MAX_URL - 1}};
	TRY(read_name(&out->name, in));
	struct span name = buf_span(&out->name);
	if (begins(name, s3_scheme))
		return init_s3(out, name, endpoint);
	if (!begins(name, https_scheme) || !is_visible(name) ||
	    names_user(without(name, https_scheme)))
		return ERR(
		    USAGE, "an object is s3://BUCKET/KEY or https://...");
	TRY(buf_append(&out->url, name));
	return buf_put_u8(&out->url, '\0');
}

void
open_place_done(struct open_place *place)
{
	buf_wipe(&place->url);
	buf_wipe(&place->text);
	buf_wipe(&place->name);
	*place = (struct open_place){.is_signed = false};
}

struct err
open_place_lines(
    struct buf *out, const struct open_place *place, const struct s3_get *part)
{
	struct s3_get get = place->get;

	get.etag = part->etag;
	get.ranged = part->ranged;
	get.first = part->first;
	get.last = part->last;
	get.now_s = part->now_s;
	return place->is_signed ? s3_get_sign(out, &get)
				: s3_get_conditions(out, &get);
}
