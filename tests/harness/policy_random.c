#include "tests/harness/policy_random.h"

#include <string.h>

#include "policy/by_id.h"
#include "policy/linked.h"

#define TEXT(text)                                                             \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}

static const struct span group_ids[] = {TEXT("ga"), TEXT("gb"), TEXT("gc")};
static const struct span place_ids[] = {TEXT("pa"), TEXT("pb"), TEXT("pc")};
static const struct span agreement_ids[] = {
    TEXT("aaa"), TEXT("bbb"), TEXT("ccc")};
static const struct span dataset_ids[] = {TEXT("da"), TEXT("db")};
static const struct span purpose_ids[] = {TEXT("ua"), TEXT("ub")};
static const struct span party_ids[] = {TEXT("one"), TEXT("two")};
static const struct span guardrail_ids[] = {TEXT("na"), TEXT("nb")};
static const struct span column_names[] = {
    TEXT("code"), TEXT("day"), TEXT("number")};
static const struct span keys[] = {TEXT("K0"), TEXT("K1"), TEXT("K2")};
static const struct span uris[] = {TEXT("spiffe://a"), TEXT("spiffe://b")};
static const struct span issuers[] = {TEXT("https://a"), TEXT("https://b")};
static const struct span claim_names[] = {TEXT("groups"), TEXT("team")};
static const struct span health[] = {TEXT("health")};
static struct span letters[] = {TEXT("F"), TEXT("M"), TEXT("X")};

/* Networks of which some lie in others; the last byte tells all. */
static const struct {
	uint8_t last, bits;
} nets[] = {{0, 120}, {0, 121}, {128, 121}, {64, 122}};

/* One address in every region that the networks make, and one in none. */
static const uint8_t addresses[RANDOM_ADDRESSES][2] = {
    {2, 1}, {2, 70}, {2, 130}, {2, 200}, {9, 1}};

/* What a token says: nothing, one value, several. */
static struct claim says_one[] = {
    {TEXT("groups"), &letters[0], 1}, {TEXT("team"), &letters[1], 1}};
static struct claim says_more[] = {
    {TEXT("team"), &letters[0], 1}, {TEXT("groups"), &letters[1], 2}};
static const struct {
	uint32_t issuer, num_claims;
	struct claim *claims;
} tokens[RANDOM_TOKENS] = {
    {0, 0, NULL}, {0, 2, says_one}, {0, 2, says_more}, {1, 2, says_more}};

/* Form 0 is none; then what can be told apart of each kind of column. */
static const struct protection forms[RANDOM_FORMS] = {
    {.op = PROTECT_DROP},
    {.op = PROTECT_KEEP},
    {.op = PROTECT_PSEUDONYM},
    {.op = PROTECT_TOKEN},
    {.op = PROTECT_MASK, .last = 4},
    {.op = PROTECT_MASK, .first = 2, .last = 4},
    {.op = PROTECT_MONTH},
    {.op = PROTECT_YEAR},
    {.op = PROTECT_DECADE},
    {.op = PROTECT_BAND, .step = {5, 0}},
    {.op = PROTECT_BAND, .step = {10, 0}},
    {.op = PROTECT_BAND, .step = {4, 0}},
};

uint32_t
policy_dice_roll(struct policy_dice *dice, uint32_t sides)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (uint32_t)(dice->state >> 33) % sides;
}

/* What is not drawn stands behind, for a list that grows later. */
static void
fill_up(uint32_t *out, uint32_t found, uint32_t num)
{
	for (uint32_t i = 0; i < num && found < num; i++) {
		bool there = false;

		for (uint32_t j = 0; j < found; j++)
			there = there || out[j] == i;
		if (!there)
			out[found++] = i;
	}
}

/* Indices 0 to num - 1, each with a chance of a half; at least one. */
static uint32_t
draw_some(struct policy_dice *dice, uint32_t *out, uint32_t num)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < num; i++)
		if (policy_dice_roll(dice, 2) == 0)
			out[found++] = i;
	if (found == 0)
		out[found++] = policy_dice_roll(dice, num);
	fill_up(out, found, num);
	return found;
}

/* None to two claims, each of one value or two that stand side by side. */
static void
draw_claims(struct proof *out, struct claim claims[2], struct policy_dice *dice)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t first = policy_dice_roll(dice, 2);

		claims[i] = (struct claim){.name = claim_names[i],
		    .values = &letters[first],
		    .num_values = 1 + policy_dice_roll(dice, 2)};
	}
	out->num_claims = policy_dice_roll(dice, 3);
}

/* A key, a certificate, a token, or two of them. */
static void
draw_proof(struct proof *out, struct claim claims[2], struct policy_dice *dice)
{
	static const uint32_t kinds[] = {1, 1, 2, 2, 3, 4, 5, 6};
	uint32_t which = kinds[policy_dice_roll(dice, 8)];

	*out = (struct proof){.access_key = {NULL, 0}};
	if ((which & 1) != 0)
		out->access_key = keys[policy_dice_roll(dice, RANDOM_KEYS)];
	if ((which & 2) != 0)
		out->certificate =
		    uris[policy_dice_roll(dice, RANDOM_CERTIFICATES)];
	if ((which & 4) == 0)
		return;
	out->issuer = issuers[policy_dice_roll(dice, 2)];
	draw_claims(out, claims, dice);
}

static void
draw_group(struct policy_random *p, uint32_t i, struct policy_dice *dice)
{
	p->groups[i].num_proofs = 1 + policy_dice_roll(dice, 2);
	for (uint32_t j = 0; j < 2; j++)
		draw_proof(&p->proofs[i][j], p->claims[i][j], dice);
}

static void
draw_network(struct network *out, struct policy_dice *dice)
{
	uint32_t which = policy_dice_roll(dice, sizeof(nets) / sizeof(nets[0]));

	*out = (struct network){.prefix_bits = nets[which].bits};
	out->address[10] = out->address[11] = 0xff;
	out->address[12] = 192;
	out->address[14] = 2;
	out->address[15] = nets[which].last;
}

static void
draw_place(struct policy_random *p, uint32_t i, struct policy_dice *dice)
{
	uint32_t which = policy_dice_roll(dice, 4);

	p->places[i].num_seen_as =
	    which == 0 ? 0 : 1 + policy_dice_roll(dice, 2);
	p->places[i].num_certificates = which < 2 ? 1 : 0;
	for (uint32_t j = 0; j < 2; j++)
		draw_network(&p->networks[i][j], dice);
	p->certificates[i][0] =
	    uris[policy_dice_roll(dice, RANDOM_CERTIFICATES)];
}

static void
draw_delivered(struct policy_random *p, uint32_t i, struct policy_dice *dice)
{
	p->agreements[i].num_columns =
	    draw_some(dice, (uint32_t[RANDOM_COLUMNS]){0}, RANDOM_COLUMNS);
	for (uint32_t j = 0; j < RANDOM_COLUMNS; j++)
		p->delivered[i][j] = (struct delivered){.column = j,
		    .how = forms[policy_dice_roll(dice, RANDOM_FORMS)],
		    .unfit = UNFIT_WITHHOLD_ROW,
		    .line = 10 * i + j};
}

/* On the code, or on the day. */
static void
draw_rule(struct row_rule *out, struct policy_dice *dice)
{
	uint32_t first = policy_dice_roll(dice, 3);

	*out = (struct row_rule){.column = policy_dice_roll(dice, 2)};
	if (out->column == 1) {
		out->op = policy_dice_roll(dice, 2) == 0 ? ROW_BEFORE
							 : ROW_ON_OR_AFTER;
		out->day = (int32_t)policy_dice_roll(dice, 4) * 10;
		return;
	}
	out->op = (enum row_op)policy_dice_roll(dice, 3);
	out->values = &letters[first];
	out->num_values =
	    out->op == ROW_ONE_OF ? 1 + policy_dice_roll(dice, 3 - first) : 1;
}

static void
draw_days(struct agreement *a, struct policy_dice *dice)
{
	static const int64_t ends[] = {100, 200, INT64_MAX};
	static const int64_t starts[] = {INT64_MIN, 0, 50};

	a->from = starts[policy_dice_roll(dice, 3)];
	a->until = ends[policy_dice_roll(dice, 3)];
	a->first_day = a->from == INT64_MIN ? INT32_MIN : (int32_t)a->from;
	a->last_day = a->until == INT64_MAX ? INT32_MAX : (int32_t)a->until;
}

static void
draw_agreement(struct policy_random *p, uint32_t i, struct policy_dice *dice)
{
	struct agreement *a = &p->agreements[i];

	a->num_who = draw_some(dice, p->who[i], RANDOM_GROUPS);
	a->num_places = draw_some(dice, p->where[i], RANDOM_PLACES);
	a->num_rows = policy_dice_roll(dice, 3);
	a->dataset = policy_dice_roll(dice, RANDOM_DATASETS);
	a->purpose = policy_dice_roll(dice, RANDOM_PURPOSES);
	draw_days(a, dice);
	draw_delivered(p, i, dice);
	for (uint32_t j = 0; j < 2; j++)
		draw_rule(&p->rules[i][j], dice);
}

static void
draw_guardrail(struct policy_random *p, uint32_t i, struct policy_dice *dice)
{
	static const uint32_t most[4] = {
	    RANDOM_DATASETS, RANDOM_PURPOSES, RANDOM_GROUPS, RANDOM_PLACES};
	struct guardrail *g = &p->guardrails[i];
	/* Few conditions: one with many hits nothing, and shows nothing. */
	uint32_t conditions =
	    1u << policy_dice_roll(dice, 6) | 1u << policy_dice_roll(dice, 6);
	uint32_t num[4];

	/* Now and then a list that is written and empty. */
	for (uint32_t j = 0; j < 4; j++) {
		num[j] = draw_some(dice, p->never[i][j], most[j]);
		if (policy_dice_roll(dice, 8) == 0)
			num[j] = 0;
	}
	*g = (struct guardrail){.id = guardrail_ids[i],
	    .by_dataset = (conditions & 1) != 0,
	    .by_purpose = (conditions & 2) != 0,
	    .by_who = (conditions & 4) != 0,
	    .by_place = (conditions & 8) != 0 && i == 0,
	    .by_place_not_in = (conditions & 8) != 0 && i == 1,
	    .by_column = (conditions & 16) != 0,
	    .by_category = (conditions & 32) != 0};
	g->num_datasets = g->by_dataset ? num[0] : 0;
	g->num_purposes = g->by_purpose ? num[1] : 0;
	g->num_who = g->by_who ? num[2] : 0;
	g->num_places = g->by_place ? num[3] : 0;
	g->num_outside = g->by_place_not_in ? num[3] : 0;
	g->num_categories = g->by_category ? 1 : 0;
	if (g->by_column)
		g->kinds = UINT64_C(1)
		    << (policy_dice_roll(dice, 2) == 0 ? KIND_CODE : KIND_DATE);
	p->categories[i][0] = health[0];
}

/* Everything points into the struct itself. */
static void
link_all(struct policy_random *p)
{
	for (uint32_t i = 0; i < RANDOM_GROUPS; i++) {
		p->groups[i].proofs = p->proofs[i];
		for (uint32_t j = 0; j < 2; j++)
			p->proofs[i][j].claims = p->claims[i][j];
	}
	for (uint32_t i = 0; i < RANDOM_PLACES; i++) {
		p->places[i].seen_as = p->networks[i];
		p->places[i].certificates = p->certificates[i];
	}
	for (uint32_t i = 0; i < RANDOM_DATASETS; i++)
		p->datasets[i].columns = p->columns[i];
	for (uint32_t i = 0; i < RANDOM_AGREEMENTS; i++) {
		p->agreements[i].who = p->who[i];
		p->agreements[i].places = p->where[i];
		p->agreements[i].columns = p->delivered[i];
		p->agreements[i].rows = p->rules[i];
	}
	for (uint32_t i = 0; i < RANDOM_GUARDRAILS; i++) {
		p->guardrails[i].datasets = p->never[i][0];
		p->guardrails[i].purposes = p->never[i][1];
		p->guardrails[i].who = p->never[i][2];
		p->guardrails[i].places = p->never[i][3];
		p->guardrails[i].outside = p->never[i][3];
		p->guardrails[i].categories = p->categories[i];
	}
	p->policy.parties = p->parties;
	p->policy.groups = p->groups;
	p->policy.places = p->places;
	p->policy.purposes = p->purposes;
	p->policy.datasets = p->datasets;
	p->policy.agreements = p->agreements;
	p->policy.guardrails = p->guardrails;
	(void)by_id_fill(&p->policy, p->slots, RANDOM_SLOTS);
}

static void
draw_dataset(struct policy_random *p, uint32_t i, struct policy_dice *dice)
{
	static const enum column_kind kinds[] = {
	    KIND_CODE, KIND_DATE, KIND_NUMBER};

	p->datasets[i] = (struct dataset){.id = dataset_ids[i],
	    .controller = i,
	    .presets = PRESET_GDPR_PSEUDONYMOUS,
	    .num_columns = RANDOM_COLUMNS,
	    .subject_column = NO_INDEX};
	if (policy_dice_roll(dice, 3) == 0)
		p->datasets[i].category = health[0];
	for (uint32_t j = 0; j < RANDOM_COLUMNS; j++)
		p->columns[i][j] = (struct column){.name = column_names[j],
		    .kind = kinds[j],
		    .class = CLASS_PLAIN};
}

void
policy_random_draw(struct policy_random *p, struct policy_dice *dice)
{
	memset(p, 0, sizeof(*p));
	for (uint32_t i = 0; i < RANDOM_PARTIES; i++)
		p->parties[i] =
		    (struct party){.id = party_ids[i], .country = {'D', 'E'}};
	for (uint32_t i = 0; i < RANDOM_PURPOSES; i++)
		p->purposes[i].id = purpose_ids[i];
	for (uint32_t i = 0; i < RANDOM_DATASETS; i++)
		draw_dataset(p, i, dice);
	for (uint32_t i = 0; i < RANDOM_GROUPS; i++) {
		p->groups[i].id = group_ids[i];
		draw_group(p, i, dice);
	}
	for (uint32_t i = 0; i < RANDOM_PLACES; i++) {
		p->places[i] =
		    (struct place){.id = place_ids[i], .country = {'D', 'E'}};
		draw_place(p, i, dice);
	}
	for (uint32_t i = 0; i < RANDOM_AGREEMENTS; i++) {
		p->agreements[i].id = agreement_ids[i];
		draw_agreement(p, i, dice);
	}
	for (uint32_t i = 0; i < RANDOM_GUARDRAILS; i++)
		draw_guardrail(p, i, dice);
	p->policy.num_parties = RANDOM_PARTIES;
	p->policy.num_groups = RANDOM_GROUPS;
	p->policy.num_places = RANDOM_PLACES;
	p->policy.num_purposes = RANDOM_PURPOSES;
	p->policy.num_datasets = RANDOM_DATASETS;
	p->policy.num_agreements = 1 + policy_dice_roll(dice, 3);
	p->policy.num_guardrails = policy_dice_roll(dice, 3);
	link_all(p);
	linked_set(&p->policy);
}

void
policy_random_copy(struct policy_random *out, const struct policy_random *from)
{
	*out = *from;
	link_all(out);
}

/* The same rule, but for where it cuts. */
static void
nudge_rule(struct row_rule *rule, struct policy_dice *dice)
{
	if (rule->column == 1)
		rule->day = (int32_t)policy_dice_roll(dice, 4) * 10;
	else if (rule->op == ROW_ONE_OF)
		rule->num_values = 1 +
		    policy_dice_roll(
			dice, (uint32_t)(&letters[3] - rule->values));
	else
		rule->values = &letters[policy_dice_roll(dice, 3)];
}

/* One list of a guardrail is longer or shorter by its last. */
static void
resize_lists(struct guardrail *g, struct policy_dice *dice)
{
	uint32_t *const nums[] = {&g->num_datasets, &g->num_purposes,
	    &g->num_who, &g->num_places, &g->num_outside};

	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++)
		if (*nums[i] > 0)
			*nums[i] = 1 + policy_dice_roll(dice, 2);
}

void
policy_random_change(struct policy_random *p, struct policy_dice *dice)
{
	uint32_t i = policy_dice_roll(dice, RANDOM_AGREEMENTS);
	uint32_t j = policy_dice_roll(dice, RANDOM_COLUMNS);

	switch (policy_dice_roll(dice, 16)) {
	case 0:
		draw_group(p, i, dice);
		break;
	case 1:
		draw_place(p, i, dice);
		break;
	case 2:
		draw_delivered(p, i, dice);
		break;
	case 3:
		p->delivered[i][j].how =
		    forms[policy_dice_roll(dice, RANDOM_FORMS)];
		break;
	case 4:
		draw_days(&p->agreements[i], dice);
		break;
	case 5:
		p->agreements[i].num_who =
		    draw_some(dice, p->who[i], RANDOM_GROUPS);
		break;
	case 6:
		p->agreements[i].num_places =
		    draw_some(dice, p->where[i], RANDOM_PLACES);
		break;
	case 7:
		draw_guardrail(p, i % RANDOM_GUARDRAILS, dice);
		break;
	case 8:
		p->policy.num_guardrails = policy_dice_roll(dice, 3);
		break;
	case 9:
		p->policy.num_agreements = 1 + policy_dice_roll(dice, 3);
		link_all(p);
		break;
	case 10:
		draw_rule(&p->rules[i][j % 2], dice);
		break;
	case 11:
	case 12:
		nudge_rule(&p->rules[i][j % 2], dice);
		break;
	case 13:
		p->agreements[i].num_columns =
		    1 + policy_dice_roll(dice, RANDOM_COLUMNS);
		break;
	case 14:
		resize_lists(&p->guardrails[i % RANDOM_GUARDRAILS], dice);
		break;
	default:
		p->agreements[i].num_rows = policy_dice_roll(dice, 3);
		break;
	}
	link_all(p);
}

/* --- Another order --- */

static void
swap_indices(uint32_t *list, uint32_t num, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < num; i++) {
		if (list[i] == a)
			list[i] = b;
		else if (list[i] == b)
			list[i] = a;
	}
}

/* Groups a and b change places, and so does who refers to them. */
static void
swap_groups(struct policy_random *p, uint32_t a, uint32_t b)
{
	struct group group = p->groups[a];
	struct proof proofs[2];
	struct claim claims[2][2];

	p->groups[a] = p->groups[b];
	p->groups[b] = group;
	memcpy(proofs, p->proofs[a], sizeof(proofs));
	memcpy(p->proofs[a], p->proofs[b], sizeof(proofs));
	memcpy(p->proofs[b], proofs, sizeof(proofs));
	memcpy(claims, p->claims[a], sizeof(claims));
	memcpy(p->claims[a], p->claims[b], sizeof(claims));
	memcpy(p->claims[b], claims, sizeof(claims));
	for (uint32_t i = 0; i < RANDOM_AGREEMENTS; i++)
		swap_indices(p->who[i], RANDOM_GROUPS, a, b);
	for (uint32_t i = 0; i < RANDOM_GUARDRAILS; i++)
		swap_indices(p->never[i][2], RANDOM_GROUPS, a, b);
}

static void
swap_places(struct policy_random *p, uint32_t a, uint32_t b)
{
	struct place place = p->places[a];
	struct network networks[2];
	struct span uri = p->certificates[a][0];

	p->places[a] = p->places[b];
	p->places[b] = place;
	memcpy(networks, p->networks[a], sizeof(networks));
	memcpy(p->networks[a], p->networks[b], sizeof(networks));
	memcpy(p->networks[b], networks, sizeof(networks));
	p->certificates[a][0] = p->certificates[b][0];
	p->certificates[b][0] = uri;
	for (uint32_t i = 0; i < RANDOM_AGREEMENTS; i++)
		swap_indices(p->where[i], RANDOM_PLACES, a, b);
	for (uint32_t i = 0; i < RANDOM_GUARDRAILS; i++)
		swap_indices(p->never[i][3], RANDOM_PLACES, a, b);
}

/* The first agreement goes last of those that there are. */
static void
turn_agreements(struct policy_random *p)
{
	struct policy_random old = *p;
	uint32_t num = p->policy.num_agreements;

	for (uint32_t i = 0; i < num; i++) {
		uint32_t from = (i + 1) % num;

		p->agreements[i] = old.agreements[from];
		memcpy(p->who[i], old.who[from], sizeof(p->who[i]));
		memcpy(p->where[i], old.where[from], sizeof(p->where[i]));
		memcpy(p->delivered[i], old.delivered[from],
		    sizeof(p->delivered[i]));
		memcpy(p->rules[i], old.rules[from], sizeof(p->rules[i]));
	}
}

static void
turn_guardrails(struct policy_random *p)
{
	struct policy_random old = *p;

	if (p->policy.num_guardrails < 2)
		return;
	for (uint32_t i = 0; i < 2; i++) {
		p->guardrails[i] = old.guardrails[1 - i];
		memcpy(p->never[i], old.never[1 - i], sizeof(p->never[i]));
		p->categories[i][0] = old.categories[1 - i][0];
	}
}

/* Lists are sets: their items may stand in any order. */
static void
turn_list(uint32_t *list, uint32_t num)
{
	for (uint32_t i = 0; num > 0 && i < num / 2; i++) {
		uint32_t item = list[i];

		list[i] = list[num - 1 - i];
		list[num - 1 - i] = item;
	}
}

void
policy_random_shuffle(struct policy_random *p, struct policy_dice *dice)
{
	swap_groups(p, policy_dice_roll(dice, RANDOM_GROUPS),
	    policy_dice_roll(dice, RANDOM_GROUPS));
	swap_places(p, policy_dice_roll(dice, RANDOM_PLACES),
	    policy_dice_roll(dice, RANDOM_PLACES));
	turn_agreements(p);
	turn_guardrails(p);
	link_all(p);
	for (uint32_t i = 0; i < p->policy.num_agreements; i++) {
		turn_list(p->who[i], p->agreements[i].num_who);
		turn_list(p->where[i], p->agreements[i].num_places);
	}
}

/* --- Questions --- */

void
policy_random_caller(struct caller *out, uint32_t index)
{
	uint32_t key = index % (RANDOM_KEYS + 1);
	uint32_t rest = index / (RANDOM_KEYS + 1);
	uint32_t uri = rest % (RANDOM_CERTIFICATES + 1);
	const uint8_t *address;
	uint32_t token;

	rest /= RANDOM_CERTIFICATES + 1;
	address = addresses[rest % RANDOM_ADDRESSES];
	token = rest / RANDOM_ADDRESSES;

	*out = (struct caller){.address = {[10] = 0xff,
				   [11] = 0xff,
				   [12] = 192,
				   [14] = address[0],
				   [15] = address[1]}};
	if (key > 0)
		out->access_key = keys[key - 1];
	if (uri > 0)
		out->certificate = uris[uri - 1];
	if (token > 0) {
		out->issuer = issuers[tokens[token - 1].issuer];
		out->claims = tokens[token - 1].claims;
		out->num_claims = tokens[token - 1].num_claims;
	}
}

/* Row n has one of three letters, and one of four days: 5, 15, 25, 35. */
static bool
rule_passes(const struct row_rule *rule, uint32_t row)
{
	struct span letter = letters[row % 3];
	int32_t day = (int32_t)(row / 3) * 10 + 5;
	bool among = false;

	for (uint32_t i = 0; i < rule->num_values; i++)
		among = among || span_equal(rule->values[i], letter);
	if (rule->op == ROW_BEFORE)
		return day < rule->day;
	if (rule->op == ROW_ON_OR_AFTER)
		return day >= rule->day;
	return rule->op == ROW_IS_NOT ? !among : among;
}

bool
policy_random_passes(
    const struct policy *p, const struct agreement *a, uint32_t row)
{
	(void)p;
	for (uint32_t i = 0; i < a->num_rows; i++)
		if (!rule_passes(&a->rows[i], row))
			return false;
	return true;
}

uint32_t
policy_random_form(const struct delivered *delivered)
{
	const struct protection *how = &delivered->how;

	for (uint32_t i = 0; i < RANDOM_FORMS; i++)
		if (how->op == forms[i].op && how->first == forms[i].first &&
		    how->last == forms[i].last &&
		    how->step.value == forms[i].step.value)
			return i;
	return RANDOM_FORMS;
}
