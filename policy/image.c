#include "policy/image.h"

#include "policy/by_id.h"
#include "policy/codec.h"
#include "policy/image_signers.h"
#include "policy/waits.h"

#define IMAGE_MAGIC "GHPOLICY"

enum {
	IMAGE_VERSION = 9,
	MAX_PREFIX_BITS = 128,
};

#define ALL_PRESETS ((UINT32_C(1) << NUM_PRESETS) - 1)

/*
 * Sections stand in such an order that what an index refers to is always
 * read before the index: then each index is checked where it is read.
 */

static struct err
code_country(struct codec *c, uint8_t country[2], bool may_be_none)
{
	TRY(codec_bytes(c, country, 2));
	if (!codec_reading(c) ||
	    (may_be_none && country[0] == 0 && country[1] == 0))
		return OK;
	for (size_t i = 0; i < 2; i++)
		if (country[i] < 'A' || country[i] > 'Z')
			return ERR(MALFORMED, "image: not a country code");
	return OK;
}

static struct err
code_party(struct codec *c, struct party *party)
{
	TRY(codec_text(c, &party->id));
	TRY(codec_text(c, &party->name));
	TRY(codec_text(c, &party->contact));
	TRY(code_country(c, party->country, false));
	TRY(codec_choice(c, &party->role, NUM_ROLES));
	return codec_u32(c, &party->line);
}

static struct err
code_parties(struct codec *c, struct policy *p)
{
	TRY(codec_items(c, &p->parties, &p->num_parties, sizeof(*p->parties)));
	for (size_t i = 0; i < p->num_parties; i++)
		TRY(code_party(c, &p->parties[i]));
	return OK;
}

/* What stands in the way of all; nothing that this build does not know. */
static struct err
code_waits(struct codec *c, uint32_t *waits)
{
	TRY(codec_u32(c, waits));
	if (codec_reading(c) && *waits >> NUM_WAITS != 0)
		return ERR(MALFORMED, "image: waits for what is unknown");
	return OK;
}

static struct err
code_claims(struct codec *c, struct claim **claims, uint32_t *num)
{
	TRY(codec_items(c, claims, num, sizeof(**claims)));
	for (size_t i = 0; i < *num; i++) {
		struct claim *claim = &(*claims)[i];

		TRY(codec_text(c, &claim->name));
		TRY(codec_texts(c, &claim->values, &claim->num_values));
	}
	return OK;
}

static struct err
code_group(struct codec *c, struct group *group)
{
	TRY(codec_text(c, &group->id));
	TRY(codec_items(
	    c, &group->proofs, &group->num_proofs, sizeof(*group->proofs)));
	for (size_t i = 0; i < group->num_proofs; i++) {
		struct proof *proof = &group->proofs[i];
		TRY(codec_text(c, &proof->certificate));
		TRY(codec_text(c, &proof->access_key));
		TRY(codec_text(c, &proof->issuer));
		TRY(code_claims(c, &proof->claims, &proof->num_claims));
		/* It would hold for everybody. */
		if (codec_reading(c) && proof->certificate.len == 0 &&
		    proof->access_key.len == 0 && proof->issuer.len == 0)
			return ERR(MALFORMED, "image: a proof of nothing");
	}
	TRY(code_waits(c, &group->waits));
	return codec_u32(c, &group->line);
}

static struct err
code_groups(struct codec *c, struct policy *p)
{
	TRY(codec_items(c, &p->groups, &p->num_groups, sizeof(*p->groups)));
	for (size_t i = 0; i < p->num_groups; i++)
		TRY(code_group(c, &p->groups[i]));
	return OK;
}

static struct err
code_network(struct codec *c, struct network *network)
{
	TRY(codec_bytes(c, network->address, sizeof(network->address)));
	TRY(codec_u8(c, &network->prefix_bits));
	if (codec_reading(c) && network->prefix_bits > MAX_PREFIX_BITS)
		return ERR(MALFORMED, "image: prefix of a network");
	return OK;
}

static struct err
code_place(struct codec *c, struct place *place)
{
	TRY(codec_text(c, &place->id));
	TRY(codec_text(c, &place->operator_name));
	TRY(code_country(c, place->country, false));
	TRY(code_country(c, place->recipient_country, true));
	TRY(codec_items(
	    c, &place->seen_as, &place->num_seen_as, sizeof(*place->seen_as)));
	for (size_t i = 0; i < place->num_seen_as; i++)
		TRY(code_network(c, &place->seen_as[i]));
	TRY(codec_texts(c, &place->certificates, &place->num_certificates));
	TRY(code_claims(c, &place->attested, &place->num_attested));
	TRY(codec_bool(c, &place->on_premises));
	TRY(code_waits(c, &place->waits));
	return codec_u32(c, &place->line);
}

static struct err
code_places(struct codec *c, struct policy *p)
{
	TRY(codec_items(c, &p->places, &p->num_places, sizeof(*p->places)));
	for (size_t i = 0; i < p->num_places; i++)
		TRY(code_place(c, &p->places[i]));
	return OK;
}

/* What records name. The annex was the checker's. */
static struct err
code_evidence(struct codec *c, struct evidence *e)
{
	TRY(codec_text(c, &e->id));
	TRY(codec_text(c, &e->expert));
	TRY(codec_bytes(c, e->sha256, sizeof(e->sha256)));
	return codec_day(c, &e->expires);
}

static struct err
code_purpose(struct codec *c, struct purpose *purpose)
{
	TRY(codec_text(c, &purpose->id));
	TRY(codec_text(c, &purpose->say));
	TRY(codec_choice(c, &purpose->hipaa, NUM_BASES));
	TRY(codec_choice(c, &purpose->gdpr, NUM_BASES));
	TRY(codec_text(c, &purpose->assessment));
	TRY(codec_text(c, &purpose->dpia));
	TRY(codec_text(c, &purpose->collected_for));
	TRY(codec_text(c, &purpose->compatible_because));
	TRY(codec_text(c, &purpose->art9));
	TRY(codec_text(c, &purpose->art10));
	TRY(code_evidence(c, &purpose->report));
	TRY(code_evidence(c, &purpose->agreement));
	return codec_u32(c, &purpose->line);
}

static struct err
code_purposes(struct codec *c, struct policy *p)
{
	TRY(codec_items(
	    c, &p->purposes, &p->num_purposes, sizeof(*p->purposes)));
	for (size_t i = 0; i < p->num_purposes; i++)
		TRY(code_purpose(c, &p->purposes[i]));
	return OK;
}

static struct err
code_column(struct codec *c, struct column *column, uint32_t num_purposes)
{
	TRY(codec_text(c, &column->name));
	TRY(codec_choice(c, &column->class, NUM_CLASSES));
	TRY(codec_choice(c, &column->kind, NUM_KINDS));
	TRY(codec_bool(c, &column->subject));
	TRY(codec_texts(c, &column->values, &column->num_values));
	TRY(codec_indices(
	    c, &column->purposes, &column->num_purposes, num_purposes));
	TRY(codec_texts(c, &column->answers, &column->num_answers));
	TRY(codec_text(c, &column->category));
	return codec_u32(c, &column->line);
}

static struct err
code_presets(struct codec *c, uint32_t *presets)
{
	TRY(codec_u32(c, presets));
	if (!codec_reading(c))
		return OK;
	if (*presets == 0 || (*presets & ~(uint32_t)ALL_PRESETS) != 0)
		return ERR(MALFORMED, "image: presets of a dataset");
	return OK;
}

static struct err
code_subject(struct codec *c, struct dataset *dataset)
{
	TRY(codec_u32(c, &dataset->subject_column));
	if (codec_reading(c) && dataset->subject_column != NO_INDEX &&
	    dataset->subject_column >= dataset->num_columns)
		return ERR(MALFORMED, "image: subject column out of bounds");
	return OK;
}

static struct err
code_erasures(struct codec *c, struct dataset *dataset)
{
	TRY(codec_items(c, &dataset->erasures, &dataset->num_erasures,
	    sizeof(*dataset->erasures)));
	for (size_t i = 0; i < dataset->num_erasures; i++) {
		struct erasure *e = &dataset->erasures[i];

		TRY(codec_index(c, &e->column, dataset->num_columns));
		TRY(codec_text(c, &e->list));
		TRY(codec_u32(c, &e->line));
	}
	return OK;
}

/* Where its files lie, and how they are written. */
static struct err
code_origin(struct codec *c, struct dataset *dataset)
{
	TRY(codec_choice(c, &dataset->origin, NUM_ORIGIN_KINDS));
	TRY(codec_text(c, &dataset->root));
	TRY(codec_text(c, &dataset->pattern));
	TRY(codec_choice(c, &dataset->compression, NUM_COMPRESSIONS));
	return codec_format(c, &dataset->format);
}

static struct err
code_dataset(struct codec *c, struct dataset *dataset, const struct policy *p)
{
	TRY(codec_text(c, &dataset->id));
	TRY(codec_index(c, &dataset->controller, p->num_parties));
	TRY(codec_text(c, &dataset->about));
	TRY(codec_text(c, &dataset->category));
	TRY(code_origin(c, dataset));
	TRY(code_presets(c, &dataset->presets));
	TRY(codec_texts(c, &dataset->missing, &dataset->num_missing));
	TRY(codec_items(c, &dataset->columns, &dataset->num_columns,
	    sizeof(*dataset->columns)));
	for (size_t i = 0; i < dataset->num_columns; i++)
		TRY(code_column(c, &dataset->columns[i], p->num_purposes));
	TRY(code_subject(c, dataset));
	TRY(codec_bool(c, &dataset->refuse_new_column));
	TRY(codec_bool(c, &dataset->empty_missing_column));
	TRY(code_erasures(c, dataset));
	return codec_u32(c, &dataset->line);
}

static struct err
code_datasets(struct codec *c, struct policy *p)
{
	TRY(codec_items(
	    c, &p->datasets, &p->num_datasets, sizeof(*p->datasets)));
	for (size_t i = 0; i < p->num_datasets; i++)
		TRY(code_dataset(c, &p->datasets[i], p));
	/* Each that lies in a folder has an opener of its number. */
	for (size_t i = model_num_folders(p);
	     codec_reading(c) && i < p->num_datasets; i++)
		if (p->datasets[i].origin == ORIGIN_FOLDER)
			return ERR(MALFORMED, "image: folders come first");
	return OK;
}

static struct err
code_delivered(struct codec *c, struct delivered *delivered,
    uint32_t num_columns, uint32_t num_tables)
{
	TRY(codec_index(c, &delivered->column, num_columns));
	TRY(codec_protection(c, &delivered->how, num_tables));
	TRY(codec_choice(c, &delivered->unfit, NUM_UNFITS));
	return codec_u32(c, &delivered->line);
}

static struct err
code_row_rules(struct codec *c, struct agreement *a, uint32_t num_columns)
{
	TRY(codec_items(c, &a->rows, &a->num_rows, sizeof(*a->rows)));
	for (size_t i = 0; i < a->num_rows; i++) {
		TRY(codec_index(c, &a->rows[i].column, num_columns));
		TRY(codec_comparison(c, &a->rows[i]));
		TRY(codec_u32(c, &a->rows[i].line));
	}
	return OK;
}

/* What an agreement delivers; its dataset is known by now. */
static struct err
code_content(struct codec *c, struct agreement *a, const struct policy *p)
{
	uint32_t num_columns = p->datasets[a->dataset].num_columns;

	TRY(codec_items(c, &a->columns, &a->num_columns, sizeof(*a->columns)));
	for (size_t i = 0; i < a->num_columns; i++)
		TRY(code_delivered(
		    c, &a->columns[i], num_columns, p->num_tables));
	return code_row_rules(c, a, num_columns);
}

static struct err
code_recipients(struct codec *c, struct agreement *a)
{
	TRY(codec_choice(c, &a->encrypt, NUM_ENCRYPTS));
	TRY(codec_items(
	    c, &a->recipients, &a->num_recipients, sizeof(*a->recipients)));
	for (size_t i = 0; i < a->num_recipients; i++)
		TRY(codec_bytes(c, a->recipients[i], sizeof(*a->recipients)));
	if (codec_reading(c) && a->encrypt == ENCRYPT_AGE &&
	    a->num_recipients == 0)
		return ERR(MALFORMED, "image: encrypted to nobody");
	return OK;
}

/* Who, for whom, what for, where. */
static struct err
code_scope(struct codec *c, struct agreement *a, const struct policy *p)
{
	TRY(codec_text(c, &a->id));
	TRY(codec_indices(c, &a->who, &a->num_who, p->num_groups));
	TRY(codec_index(c, &a->recipient, p->num_parties));
	TRY(codec_text(c, &a->contract));
	TRY(codec_text(c, &a->undertakes));
	TRY(codec_text(c, &a->review_by));
	TRY(codec_text(c, &a->deletes_after));
	TRY(codec_index(c, &a->dataset, p->num_datasets));
	TRY(codec_index(c, &a->purpose, p->num_purposes));
	return codec_indices(c, &a->places, &a->num_places, p->num_places);
}

static struct err
code_limits(struct codec *c, struct limits *limits)
{
	TRY(codec_u64(c, &limits->rows_per_day));
	TRY(codec_u64(c, &limits->bytes_per_day));
	return codec_u64(c, &limits->requests_per_minute);
}

/* How much of it, and from which releases. */
static struct err
code_measure(struct codec *c, struct agreement *a)
{
	TRY(code_limits(c, &a->limits));
	TRY(code_limits(c, &a->per_caller));
	TRY(codec_u32(c, &a->smallest_group));
	TRY(codec_u32(c, &a->distinct));
	TRY(codec_choice(c, &a->small_groups, NUM_SMALL_GROUPS));
	TRY(codec_choice(c, &a->listing, NUM_LISTINGS));
	return codec_choice(c, &a->warm, NUM_WARMS);
}

static struct err
code_transfer(struct codec *c, struct transfer *transfer)
{
	TRY(codec_choice(c, &transfer->tool, NUM_TRANSFER_TOOLS));
	TRY(codec_u32(c, &transfer->module));
	TRY(codec_text(c, &transfer->tia));
	TRY(codec_text(c, &transfer->certified));
	TRY(codec_text(c, &transfer->art49));
	return codec_text(c, &transfer->because);
}

/* The codes of these agreements are the same; `p` knows how many there are. */
static struct err
code_links(struct codec *c, struct agreement *a, const struct policy *p)
{
	TRY(codec_indices(
	    c, &a->linkable, &a->num_linkable, p->num_agreements));
	TRY(codec_index(c, &a->codes_of, p->num_agreements));
	return codec_text(c, &a->linkable_because);
}

static struct err
code_agreement(struct codec *c, struct agreement *a, const struct policy *p)
{
	TRY(code_scope(c, a, p));
	TRY(code_content(c, a, p));
	TRY(codec_i64(c, &a->from));
	TRY(codec_i64(c, &a->until));
	TRY(codec_day(c, &a->first_day));
	TRY(codec_day(c, &a->last_day));
	TRY(codec_choice(c, &a->compress, NUM_COMPRESSIONS));
	TRY(code_recipients(c, a));
	TRY(codec_u16(c, &a->as_of));
	TRY(code_measure(c, a));
	TRY(code_transfer(c, &a->transfer));
	TRY(code_links(c, a, p));
	TRY(code_waits(c, &a->waits));
	TRY(codec_text(c, &a->file));
	return codec_u32(c, &a->line);
}

static struct err
code_agreements(struct codec *c, struct policy *p)
{
	TRY(codec_items(
	    c, &p->agreements, &p->num_agreements, sizeof(*p->agreements)));
	for (size_t i = 0; i < p->num_agreements; i++)
		TRY(code_agreement(c, &p->agreements[i], p));
	return OK;
}

static struct err
code_written(struct codec *c, struct guardrail *g)
{
	bool *const written[] = {&g->by_dataset, &g->by_purpose, &g->by_who,
	    &g->by_place, &g->by_place_not_in, &g->by_column, &g->by_category};
	bool any = false;

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		TRY(codec_bool(c, written[i]));
		any = any || *written[i];
	}
	if (codec_reading(c) && !any)
		return ERR(MALFORMED, "image: a guardrail of no condition");
	return OK;
}

static struct err
code_column_sets(struct codec *c, struct guardrail *g)
{
	TRY(codec_u64(c, &g->kinds));
	TRY(codec_u32(c, &g->classes));
	if (!codec_reading(c))
		return OK;
	if (g->kinds >> NUM_KINDS != 0 || g->classes >> NUM_CLASSES != 0)
		return ERR(MALFORMED, "image: a kind or class unknown");
	return OK;
}

static struct err
code_guardrail(struct codec *c, struct guardrail *g, const struct policy *p)
{
	TRY(codec_text(c, &g->id));
	TRY(codec_text(c, &g->say));
	TRY(codec_indices(c, &g->datasets, &g->num_datasets, p->num_datasets));
	TRY(codec_indices(c, &g->purposes, &g->num_purposes, p->num_purposes));
	TRY(codec_indices(c, &g->who, &g->num_who, p->num_groups));
	TRY(codec_indices(c, &g->places, &g->num_places, p->num_places));
	TRY(codec_indices(c, &g->outside, &g->num_outside, p->num_places));
	TRY(code_column_sets(c, g));
	TRY(codec_texts(c, &g->categories, &g->num_categories));
	TRY(code_written(c, g));
	TRY(codec_text(c, &g->file));
	return codec_u32(c, &g->line);
}

static struct err
code_guardrails(struct codec *c, struct policy *p)
{
	TRY(codec_items(
	    c, &p->guardrails, &p->num_guardrails, sizeof(*p->guardrails)));
	for (size_t i = 0; i < p->num_guardrails; i++)
		TRY(code_guardrail(c, &p->guardrails[i], p));
	return OK;
}

static struct err
code_policy(struct codec *c, struct policy *p)
{
	TRY(codec_start(c, IMAGE_MAGIC, IMAGE_VERSION));
	TRY(codec_text(c, &p->name));
	TRY(codec_text(c, &p->contact));
	TRY(codec_bytes(c, p->source_digest, sizeof(p->source_digest)));
	TRY(codec_text(c, &p->time_zone));
	TRY(code_parties(c, p));
	TRY(code_groups(c, p));
	TRY(image_signers(c, p));
	TRY(code_places(c, p));
	TRY(code_purposes(c, p));
	TRY(codec_tables(c, &p->tables, &p->num_tables));
	TRY(code_datasets(c, p));
	TRY(code_agreements(c, p));
	TRY(code_guardrails(c, p));
	TRY(image_signers_emergencies(c, p));
	return codec_end(c);
}

struct err
image_encode(struct buf *out, const struct policy *policy)
{
	/* A shallow copy will do: writing changes nothing. */
	struct policy copy = *policy;
	struct codec codec = codec_writer(out);

	return code_policy(&codec, &copy);
}

/* A copy at *to, which goes on behind it. */
static const uint8_t *
gather_bytes(uint8_t **to, struct span bytes)
{
	uint8_t *at = *to;

	if (bytes.len > 0)
		memcpy(at, bytes.data, bytes.len);
	*to += bytes.len;
	return at;
}

static uint32_t *
gather_list(uint32_t **to, const uint32_t *list, uint32_t num)
{
	uint32_t *at = *to;

	for (uint32_t i = 0; i < num; i++)
		at[i] = list[i];
	*to += num;
	return at;
}

/*
 * What each decision looks at, of one agreement behind the other: between it
 * lies the rest of the image, and of ten thousand agreements the caches of a
 * core hold this and not that.
 */
static struct err
gather(struct policy *p, struct arena *arena)
{
	size_t num_ids = 0, num_lists = 0;
	uint32_t *lists;
	uint8_t *ids;

	for (uint32_t i = 0; i < p->num_agreements; i++) {
		num_ids += p->agreements[i].id.len;
		num_lists += p->agreements[i].num_who;
		num_lists += p->agreements[i].num_places;
	}
	TRY(arena_alloc(arena, &ids, num_ids, 1));
	TRY(arena_alloc(arena, &lists, num_lists, sizeof(*lists)));
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		struct agreement *a = &p->agreements[i];

		a->id.data = gather_bytes(&ids, a->id);
		a->who = gather_list(&lists, a->who, a->num_who);
		a->places = gather_list(&lists, a->places, a->num_places);
	}
	return OK;
}

struct err
image_decode(struct policy *out_policy, struct arena *arena, struct span image)
{
	struct policy policy = {0};
	struct codec codec = codec_reader(arena, image);
	uint32_t twice;

	TRY(code_policy(&codec, &policy));
	TRY(gather(&policy, arena));
	TRY(by_id_build(&policy, arena, &twice));
	if (twice != NO_INDEX)
		return ERR(MALFORMED, "image: an agreement twice");
	*out_policy = policy;
	return OK;
}
