#include "gateway/ipc/book.h"

struct err
book_put_status(struct buf *out, const struct book_status *status)
{
	TRY(buf_put_u64be(out, status->num_entries));
	TRY(buf_put_u64be(out, status->num_subjects));
	return buf_put_bool(out, status->is_shared);
}

struct err
book_take_status(struct book_status *out, struct span body)
{
	struct book_status status;

	TRY(span_take_u64be(&body, &status.num_entries));
	TRY(span_take_u64be(&body, &status.num_subjects));
	TRY(span_take_bool(&body, &status.is_shared));
	TRY(span_end(body));
	*out = status;
	return OK;
}

struct err
book_take_bytes(uint8_t out[16], struct span body)
{
	struct span bytes;

	TRY(span_take(&body, &bytes, 16));
	TRY(span_end(body));
	memcpy(out, bytes.data, bytes.len);
	return OK;
}

struct err
book_failed(struct span body)
{
	uint8_t code;

	TRY(span_take_u8(&body, &code));
	TRY(span_end(body));
	if (code == ERR_OK || code > ERR_USAGE)
		return ERR(MALFORMED, "book: failed without a reason");
	return (struct err){
	    .code = (enum err_code)code, .why = "book: the codebook refused"};
}
