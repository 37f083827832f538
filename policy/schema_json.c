#include "policy/schema_json.h"

#include "policy/preset.h"
#include "policy/schema_keys.h"
#include "policy/words.h"

/* Every scalar is text in our language; YAML 1.2 tells some from text. */
#define SCALAR "\"type\":[\"string\",\"number\",\"boolean\"]"
#define ID_PATTERN "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
#define PATH_PATTERN                                                           \
	"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(/[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"

/* Our own texts: the controls in them are tabs. */
static struct err
put_string(struct buf *out, struct span text)
{
	TRY(buf_put_u8(out, '"'));
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '\t')
			TRY(buf_append_str(out, "\\t"));
		else if (c == '"' || c == '\\')
			TRY(buf_append_format(out, "\\%c", c));
		else
			TRY(buf_put_u8(out, c));
	}
	return buf_put_u8(out, '"');
}

static bool
is_number(struct span word)
{
	uint64_t value;

	return span_u64(word, &value, UINT64_MAX).code == ERR_OK;
}

/* A word, and where it is one the number too, as YAML would have it. */
static struct err
put_choice(struct buf *out, struct span word, bool first)
{
	if (!first)
		TRY(buf_put_u8(out, ','));
	TRY(put_string(out, word));
	if (!is_number(word))
		return OK;
	TRY(buf_put_u8(out, ','));
	return buf_append(out, word);
}

/* Words of a set, then those that the key adds. */
static struct err
put_enum(struct buf *out, const struct schema_key *key)
{
	struct span rest = span_str(key->choice != NULL ? key->choice : "");
	struct span word;
	bool first = true;
	const char *text;

	TRY(buf_append_str(out, "\"enum\":["));
	for (unsigned i = 0; key->value == VALUE_WORDS &&
	     (text = words_at((enum words_set)key->of, i)) != NULL;
	     i++, first = false)
		TRY(put_choice(out, span_str(text), first));
	for (; rest.len > 0; first = false) {
		(void)span_take_until(&rest, &word, ' ');
		TRY(put_choice(out, word, first));
	}
	return buf_put_u8(out, ']');
}

static struct err
put_presets(struct buf *out)
{
	TRY(buf_append_str(out, "\"enum\":["));
	for (unsigned i = 0; i < NUM_PRESETS; i++)
		TRY(put_choice(out,
		    span_str(preset_name((enum preset)(1u << i))), i == 0));
	return buf_put_u8(out, ']');
}

static struct err
put_alternatives(struct buf *out, enum words_set set)
{
	const char *text;

	for (unsigned i = 0; (text = words_at(set, i)) != NULL; i++)
		TRY(buf_append_format(out, "%s%s", i > 0 ? "|" : "", text));
	return OK;
}

/* A form begins with its word; a column with its class. */
static struct err
put_phrase(struct buf *out)
{
	TRY(buf_append_str(out, "\"type\":\"string\",\"pattern\":\"^("));
	TRY(put_alternatives(out, WORDS_PROTECTION));
	return buf_append_str(out, ")( .*)?$\"");
}

static struct err
put_column(struct buf *out)
{
	TRY(buf_append_str(out, "\"type\":\"string\",\"pattern\":\"^("));
	TRY(put_alternatives(out, WORDS_CLASS));
	TRY(buf_append_str(out, ")( ("));
	TRY(put_alternatives(out, WORDS_KIND));
	return buf_append_str(out, "))?( *, *subject)?$\"");
}

static struct err
put_pattern(struct buf *out, const char *pattern)
{
	TRY(buf_append_str(out, SCALAR ",\"pattern\":"));
	return put_string(out, span_str(pattern));
}

/* What one text may be, as members of an object. */
static struct err
put_text(struct buf *out, const struct schema_key *key)
{
	if (key->choice != NULL)
		return put_enum(out, key);
	switch (key->value) {
	case VALUE_WORDS:
	case VALUE_CHOICE:
		return put_enum(out, key);
	case VALUE_PRESET:
		return put_presets(out);
	case VALUE_ID:
		return put_pattern(out, ID_PATTERN);
	case VALUE_COUNTRY:
		return put_pattern(out, "^[A-Z]{2}$");
	case VALUE_DAY:
		return put_pattern(out, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
	case VALUE_YEAR:
		return put_pattern(out, "^[0-9]{4}$");
	case VALUE_NUMBER:
		return put_pattern(out, "^[1-9][0-9]*$");
	case VALUE_BYTES:
		return put_pattern(out, "^[1-9][0-9]*( (kB|MB|GB))?$");
	case VALUE_DURATION:
		return put_pattern(
		    out, "^[1-9][0-9]* (hour|day|week|month|year)s?$");
	case VALUE_NETWORK:
		return put_pattern(out, "^[0-9a-f.:]+/[0-9]{1,3}$");
	case VALUE_SHA256:
		return put_pattern(out, "^[0-9a-f]{64}$");
	case VALUE_PHRASE:
	case VALUE_ANNEX:
		return put_phrase(out);
	case VALUE_COLUMNS:
		return key->of == SCHEMA_COLUMN ? put_column(out)
						: put_phrase(out);
	case VALUE_TEXT:
	case VALUE_REF:
	case VALUE_RULE:
	case VALUE_CELLS:
	case VALUE_SECTION:
	case VALUE_ENTRIES:
	case VALUE_PROOFS:
	case NUM_SCHEMA_VALUES:
		break;
	}
	return buf_append_str(out, SCALAR);
}

static struct err
put_ref(struct buf *out, unsigned section)
{
	return buf_append_format(out, "\"$ref\":\"#/definitions/%s\"",
	    schema_keys_name((enum schema_section)section));
}

/* {"type":"object", … : each member is what follows, up to the braces. */
static struct err
put_members(struct buf *out, const char *names)
{
	TRY(buf_append_str(out, "\"type\":\"object\","));
	if (names != NULL) {
		TRY(buf_append_str(out, "\"propertyNames\":{\"pattern\":"));
		TRY(put_string(out, span_str(names)));
		TRY(buf_append_str(out, "},"));
	}
	return buf_append_str(out, "\"additionalProperties\":{");
}

/* A form of a column, or several. */
static struct err
put_annex(struct buf *out, const struct schema_key *key)
{
	TRY(put_members(out, NULL));
	TRY(put_members(out, NULL));
	TRY(buf_append_str(out, "\"anyOf\":[{"));
	TRY(put_text(out, key));
	TRY(buf_append_str(out, "},{\"type\":\"array\",\"items\":{"));
	TRY(put_text(out, key));
	return buf_append_str(out, "}}]}}");
}

/* Maps whose names are columns: of cells, of the annex, of forms. */
static struct err
put_columns(struct buf *out, const struct schema_key *key)
{
	if (key->value == VALUE_ANNEX)
		return put_annex(out, key);
	TRY(put_members(out, NULL));
	if (key->value == VALUE_CELLS)
		return buf_append_str(out, SCALAR "}");
	TRY(buf_append_str(out, "\"anyOf\":[{"));
	TRY(put_text(out, key));
	TRY(buf_append_str(out, "},{"));
	TRY(put_ref(out, key->of));
	return buf_append_str(out, "}]}");
}

static struct err
put_map(struct buf *out, const struct schema_key *key)
{
	if (key->value == VALUE_SECTION)
		return put_ref(out, key->of);
	if (key->value == VALUE_ENTRIES) {
		TRY(put_members(out,
		    key->of == SCHEMA_DATASET ? PATH_PATTERN : ID_PATTERN));
		TRY(put_ref(out, key->of));
		return buf_append_str(out, "}");
	}
	if (key->value == VALUE_PROOFS) {
		TRY(put_members(out, ID_PATTERN));
		TRY(buf_append_str(
		    out, "\"type\":\"array\",\"minItems\":1,\"items\":{"));
		TRY(put_ref(out, key->of));
		return buf_append_str(out, "}}");
	}
	return put_columns(out, key);
}

static struct err
put_list(struct buf *out, const struct schema_key *key)
{
	TRY(buf_append_str(out, "\"type\":\"array\",\"items\":{"));
	if (key->value == VALUE_SECTION)
		TRY(put_ref(out, key->of));
	else
		TRY(put_text(out, key));
	return buf_append_str(out, "}");
}

static struct err
put_shapes(struct buf *out, const struct schema_key *key)
{
	static struct err (*const put[])(
	    struct buf *, const struct schema_key *) = {
	    [NODE_TEXT] = put_text,
	    [NODE_LIST] = put_list,
	    [NODE_MAP] = put_map,
	};
	const char *before = "{";

	TRY(buf_append_str(out, "\"anyOf\":["));
	for (unsigned i = 0; i < sizeof(put) / sizeof(put[0]); i++) {
		if ((key->flags & 1u << i) == 0)
			continue;
		TRY(buf_append_str(out, before));
		TRY(put[i](out, key));
		before = "},{";
	}
	return buf_append_str(out, "}]");
}

static struct err
put_key(struct buf *out, const struct schema_key *key)
{
	TRY(buf_append_str(out, "{\"description\":"));
	TRY(put_string(out, span_str(key->meaning)));
	TRY(buf_append_str(out, ",\"examples\":["));
	TRY(put_string(out, span_str(key->example)));
	TRY(buf_append_str(out, "],"));
	TRY(put_shapes(out, key));
	return buf_append_str(out, "}");
}

static struct err
put_required(struct buf *out, const struct schema_key *keys)
{
	bool first = true;

	for (; keys->name != NULL; keys++) {
		if ((keys->flags & SCHEMA_NEEDED) == 0)
			continue;
		TRY(buf_append_str(out, first ? ",\"required\":[" : ","));
		TRY(put_string(out, span_str(keys->name)));
		first = false;
	}
	return first ? OK : buf_append_str(out, "]");
}

/* The members of an object that is a section. */
static struct err
put_section(struct buf *out, enum schema_section section)
{
	const struct schema_key *keys = schema_keys_of(section), *k;
	const char *before = "";

	TRY(buf_append_str(out, "\"type\":\"object\",\"properties\":{"));
	for (k = keys; k->name != NULL; k++) {
		if ((k->flags & SCHEMA_OTHERS) != 0)
			break;
		TRY(buf_append_str(out, before));
		TRY(put_string(out, span_str(k->name)));
		TRY(buf_append_str(out, ":"));
		TRY(put_key(out, k));
		before = ",\n";
	}
	TRY(buf_append_str(out, "},\"additionalProperties\":"));
	if (k->name != NULL)
		TRY(put_key(out, k));
	else
		TRY(buf_append_str(out, "false"));
	return put_required(out, keys);
}

struct err
schema_json_print(struct buf *out)
{
	TRY(buf_append_str(out,
	    "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\n"
	    "\"title\":\"Gatehouse policy, format 1\",\n"));
	TRY(put_section(out, SCHEMA_TOP));
	TRY(buf_append_str(out, ",\n\"definitions\":{"));
	for (unsigned i = SCHEMA_TOP + 1; i < NUM_SCHEMA_SECTIONS; i++) {
		TRY(buf_append_format(out, "%s\"%s\":{",
		    i > SCHEMA_TOP + 1 ? ",\n" : "",
		    schema_keys_name((enum schema_section)i)));
		TRY(put_section(out, (enum schema_section)i));
		TRY(buf_append_str(out, "}"));
	}
	return buf_append_str(out, "}}\n");
}
