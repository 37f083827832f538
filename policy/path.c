#include "policy/path.h"

/* The bytes of the name in front, up to what ends it. */
static struct err
name_len(struct span path, size_t *out)
{
	size_t i = 0;

	while (i < path.len && path.data[i] != '.' && path.data[i] != '[') {
		if (path.data[i] == '\\') {
			i++;
			if (i == path.len ||
			    (path.data[i] != '.' && path.data[i] != '[' &&
				path.data[i] != '\\'))
				return ERR(MALFORMED,
				    "in a path a `\\` stands before `.`, `[` "
				    "or `\\`");
		}
		i++;
	}
	if (i == 0)
		return ERR(MALFORMED, "a path has no empty name");
	*out = i;
	return OK;
}

struct err
path_take(struct span *path, struct path_step *out)
{
	struct path_step step = {0};
	struct span rest = *path;
	size_t len;

	TRY(name_len(rest, &len));
	step.name = span_sub(rest, 0, len);
	rest = span_sub(rest, len, rest.len);
	while (span_starts_with(rest, span_str("[]"))) {
		if (++step.num_arrays > PATH_MAX_ARRAYS)
			return ERR(MALFORMED, "a path has too many arrays");
		rest = span_sub(rest, 2, rest.len);
	}
	if (rest.len > 0) {
		if (rest.data[0] != '.')
			return ERR(MALFORMED,
			    "behind a name there is `.`, `[]` or nothing");
		if (rest.len == 1)
			return ERR(MALFORMED, "a path has no empty name");
		rest = span_sub(rest, 1, rest.len);
	}
	*path = rest;
	*out = step;
	return OK;
}

struct err
path_check(struct span path)
{
	struct path_step step;
	unsigned num = 0;

	do {
		if (num++ == PATH_MAX_STEPS)
			return ERR(MALFORMED, "a path has too many steps");
		TRY(path_take(&path, &step));
	} while (path.len > 0);
	return OK;
}

bool
path_has_array(struct span path)
{
	struct path_step step;

	while (path.len > 0 && path_take(&path, &step).code == ERR_OK)
		if (step.num_arrays > 0)
			return true;
	return false;
}

bool
path_conflict(struct span a, struct span b)
{
	struct path_step x, y;

	while (a.len > 0 && b.len > 0) {
		if (path_take(&a, &x).code != ERR_OK ||
		    path_take(&b, &y).code != ERR_OK)
			return false; /* path_check says what is wrong */
		if (!span_equal(x.name, y.name))
			return false;
		if (x.num_arrays != y.num_arrays)
			return true;
	}
	return true;
}

size_t
path_name(uint8_t *out, struct span name)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] == '\\' && i + 1 < name.len)
			i++;
		out[len++] = name.data[i];
	}
	return len;
}
