#include "gateway/ipc/open.h"

struct err
open_put_file(struct buf *out, const struct open_file *file)
{
	TRY(buf_append(out, span_of(file->version, sizeof(file->version))));
	TRY(buf_put_u64be(out, file->len));
	return buf_put_i64be(out, file->modified);
}

struct err
open_take_file(struct span *in, struct open_file *out)
{
	struct span rest = *in, version;
	struct open_file file;

	TRY(span_take(&rest, &version, sizeof(file.version)));
	memcpy(file.version, version.data, sizeof(file.version));
	TRY(span_take_u64be(&rest, &file.len));
	TRY(span_take_i64be(&rest, &file.modified));
	*in = rest;
	*out = file;
	return OK;
}

struct err
open_take_listing(struct open_listing *out, struct span body)
{
	struct open_listing listing;

	TRY(span_take_bool(&body, &listing.last));
	TRY(span_take_u32be(&body, &listing.num_files));
	listing.files = body;
	if (listing.num_files == 0)
		TRY(span_end(body));
	*out = listing;
	return OK;
}

struct err
open_take_listed(
    struct open_listing *in, struct span *out_key, struct open_file *out)
{
	TRY(span_take_field(&in->files, out_key, OPEN_MAX_KEY));
	TRY(open_take_file(&in->files, out));
	return --in->num_files == 0 ? span_end(in->files) : OK;
}

struct err
open_put_slot(struct buf *out, const struct open_slot *slot)
{
	TRY(buf_append(out, span_of(slot->sha256, sizeof(slot->sha256))));
	TRY(buf_put_u64be(out, slot->len));
	return buf_put_field(out, slot->meta);
}

struct err
open_take_slot(struct open_slot *out, struct span body)
{
	struct open_slot slot;
	struct span sha256;

	TRY(span_take(&body, &sha256, sizeof(slot.sha256)));
	memcpy(slot.sha256, sha256.data, sizeof(slot.sha256));
	TRY(span_take_u64be(&body, &slot.len));
	TRY(span_take_field(&body, &slot.meta, OPEN_MAX_META));
	TRY(span_end(body));
	*out = slot;
	return OK;
}

struct err
open_take_name(struct span *in, struct span *out)
{
	struct span rest = *in, name;

	TRY(span_take_field(&rest, &name, OPEN_MAX_NAME));
	if (name.len == 0)
		return ERR(MALFORMED, "open: a slot without a name");
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return ERR(MALFORMED, "open: not a slot's name");
	}
	*in = rest;
	*out = name;
	return OK;
}

struct err
open_failed(struct span body)
{
	uint8_t code;

	TRY(span_take_u8(&body, &code));
	TRY(span_end(body));
	if (code == ERR_OK || code > ERR_USAGE)
		return ERR(MALFORMED, "open: failed without a reason");
	return (struct err){
	    .code = (enum err_code)code, .why = "open: the opener refused"};
}
