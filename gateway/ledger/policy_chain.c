#include "gateway/ledger/policy_chain.h"

#include <string.h>

#include "crypto/encode.h"
#include "gateway/ledger/jcs_read.h"

/* What it says of a version; digests are hexadecimal digits. */
struct said {
	uint64_t version; /* 0: it has none */
	uint64_t time_ms;
	struct span files, before;
	bool inert; /* it puts no policy in force */
};

/* A quote inside a text has a backslash in front: no text looks like this. */
static bool
is_policy(struct span entry)
{
	static const char kind[] = "\"kind\":\"policy\"";

	return memmem(entry.data, entry.len, kind, sizeof(kind) - 1) != NULL;
}

static struct err
read_member(struct said *said, struct span name, struct span value)
{
	struct span text;

	if (span_equal_str(name, "time-ms"))
		return jcs_read_u64(value, &said->time_ms);
	if (span_equal_str(name, "policy-version"))
		return jcs_read_u64(value, &said->version);
	if (span_equal_str(name, "policy-files"))
		return jcs_read_string(value, &said->files);
	if (span_equal_str(name, "policy-before"))
		return jcs_read_string(value, &said->before);
	/* Of a candidate, which is asked and never obeyed. */
	if (span_equal_str(name, "staged-policy"))
		said->inert = true;
	if (!span_equal_str(name, "decision"))
		return OK;
	TRY(jcs_read_string(value, &text));
	said->inert = said->inert || span_equal_str(text, "denied");
	return OK;
}

/* False: it puts nothing in force. */
static bool
read(struct said *out, struct span entry)
{
	struct span members, name, value;
	struct said said = {.version = 0};

	if (!is_policy(entry) ||
	    jcs_read_object(entry, &members).code != ERR_OK)
		return false;
	while (members.len > 0)
		if (jcs_read_member(&members, &name, &value).code != ERR_OK ||
		    read_member(&said, name, value).code != ERR_OK)
			return false;
	*out = said;
	return !said.inert;
}

static bool
is_digest(struct span digits, const uint8_t digest[32])
{
	struct buf bytes CLEANUP(buf_done) = {.max = 32};

	return decode_hex(&bytes, digits).code == ERR_OK &&
	    span_equal(buf_span(&bytes), span_of(digest, 32));
}

void
policy_chain_see(struct policy_chain *chain, struct span entry)
{
	struct buf bytes CLEANUP(buf_done) = {.max = 32};
	struct said said;

	if (!read(&said, entry) || said.version == 0 ||
	    decode_hex(&bytes, said.files).code != ERR_OK || bytes.len != 32)
		return;
	if (chain->version != said.version)
		chain->since_ms = said.time_ms;
	chain->version = said.version;
	memcpy(chain->files, bytes.data, sizeof(chain->files));
}

struct err
policy_chain_check(const struct policy_chain *chain, struct span entry)
{
	struct said said;

	if (!read(&said, entry))
		return OK;
	if (chain->version == 0 && said.version <= 1)
		return OK;
	if (chain->version == 0)
		return ERR(DENIED,
		    "the ledger has seen no version of the policy, and this "
		    "one is not the first");
	if (said.version == 0)
		return ERR(DENIED,
		    "the policy has versions, and this one is none of them");
	if (said.version < chain->version)
		return ERR(DENIED,
		    "a lower version of the policy than the ledger has seen");
	if (said.version == chain->version)
		return is_digest(said.files, chain->files)
		    ? OK
		    : ERR(DENIED,
			  "another text under the version that the ledger has "
			  "seen");
	if (said.version == chain->version + 1 &&
	    is_digest(said.before, chain->files))
		return OK;
	return ERR(DENIED,
	    "a version of the policy that does not follow the one that the "
	    "ledger has seen");
}

struct err
policy_chain_put(const struct policy_chain *chain, struct buf *out)
{
	TRY(buf_put_u64be(out, chain->version));
	TRY(buf_put_u64be(out, chain->since_ms));
	return buf_append(out, span_of(chain->files, sizeof(chain->files)));
}

struct err
policy_chain_take(struct policy_chain *chain, struct span *in)
{
	struct span files;

	TRY(span_take_u64be(in, &chain->version));
	TRY(span_take_u64be(in, &chain->since_ms));
	TRY(span_take(in, &files, sizeof(chain->files)));
	memcpy(chain->files, files.data, files.len);
	return OK;
}
