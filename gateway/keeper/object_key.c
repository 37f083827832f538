#include "gateway/keeper/object_key.h"

/* The ending that all files of the dataset have; a pattern that does not tell
 * it stands for names of any ending, and none of them means anything. */
static struct span
file_ending(const struct policy *policy, const struct agreement *a)
{
	const struct dataset *dataset = &policy->datasets[a->dataset];

	return span_str(
	    model_compression_ending(model_compression_of(dataset->pattern)));
}

static const char *
object_ending(const struct agreement *a)
{
	return model_compression_ending(a->compress);
}

static const char *
sealed_ending(const struct agreement *a)
{
	return a->encrypt == ENCRYPT_AGE ? ".age" : "";
}

static bool
cut(struct span *name, struct span ending)
{
	if (!span_ends_with(*name, ending))
		return false;
	name->len -= ending.len;
	/* What is left has to be a name. */
	return name->len > 0 && name->data[name->len - 1] != '/';
}

static struct err
join(struct span *out, struct arena *arena, struct span name, const char *first,
    const char *second)
{
	struct span parts[] = {name, span_str(first), span_str(second)};
	size_t len = parts[0].len + parts[1].len + parts[2].len, at = 0;
	uint8_t *bytes;

	if (len == name.len) {
		*out = name;
		return OK;
	}
	TRY(arena_alloc(arena, &bytes, len, 1));
	for (size_t i = 0; i < 3; i++) {
		memcpy(bytes + at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	*out = span_of(bytes, len);
	return OK;
}

struct err
object_key_of(struct span *out, struct arena *arena,
    const struct policy *policy, const struct agreement *agreement,
    struct span file)
{
	if (!cut(&file, file_ending(policy, agreement)))
		return ERR(MALFORMED, "keeper: a file's name is an ending");
	return join(out, arena, file, object_ending(agreement),
	    sealed_ending(agreement));
}

struct err
object_key_file(struct span *out, struct arena *arena,
    const struct policy *policy, const struct agreement *agreement,
    struct span object)
{
	struct span ending = file_ending(policy, agreement);

	if (!cut(&object, span_str(sealed_ending(agreement))) ||
	    !cut(&object, span_str(object_ending(agreement))))
		return ERR(NOT_FOUND, "keeper: no object has such a name");
	return join(out, arena, object, (const char *)ending.data, "");
}
