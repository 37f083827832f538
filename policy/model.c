#include "policy/model.h"

/*
 * The words of the language: the one table that words.c reads by and the
 * printers write by.
 */

static const char *const class_names[NUM_CLASSES] = {
    [CLASS_PLAIN] = "plain",
    [CLASS_DIRECT_IDENTIFIER] = "direct-identifier",
    [CLASS_QUASI_IDENTIFIER] = "quasi-identifier",
    [CLASS_SENSITIVE] = "sensitive",
    [CLASS_FREE_TEXT] = "free-text",
    [CLASS_CONSENT] = "consent",
    [CLASS_OBJECTION] = "objection",
};

static const char *const kind_names[NUM_KINDS] = {
    [KIND_NONE] = "none",
    [KIND_NAME] = "name",
    [KIND_RECORD_NUMBER] = "record-number",
    [KIND_PLAN_NUMBER] = "plan-number",
    [KIND_ACCOUNT] = "account",
    [KIND_IBAN] = "iban",
    [KIND_CARD] = "card",
    [KIND_CARD_SECRET] = "card-secret",
    [KIND_SSN] = "ssn",
    [KIND_NATIONAL_ID] = "national-id",
    [KIND_LICENCE] = "licence",
    [KIND_VEHICLE] = "vehicle",
    [KIND_DEVICE] = "device",
    [KIND_PHONE] = "phone",
    [KIND_FAX] = "fax",
    [KIND_EMAIL] = "email",
    [KIND_URL] = "url",
    [KIND_IP] = "ip",
    [KIND_OTHER_ID] = "other-id",
    [KIND_BIOMETRIC] = "biometric",
    [KIND_PHOTO] = "photo",
    [KIND_VOICE] = "voice",
    [KIND_GENOMIC] = "genomic",
    [KIND_ADDRESS] = "address",
    [KIND_CITY] = "city",
    [KIND_COUNTY] = "county",
    [KIND_POSTCODE] = "postcode",
    [KIND_US_ZIP] = "us-zip",
    [KIND_FACILITY] = "facility",
    [KIND_GEO] = "geo",
    [KIND_US_STATE] = "us-state",
    [KIND_STATE] = "state",
    [KIND_COUNTRY] = "country",
    [KIND_DATE] = "date",
    [KIND_DATETIME] = "datetime",
    [KIND_AGE] = "age",
    [KIND_INTERVAL] = "interval",
    [KIND_CODE] = "code",
    [KIND_AMOUNT] = "amount",
    [KIND_NUMBER] = "number",
    [KIND_FLAG] = "flag",
    [KIND_TEXT] = "text",
};

static const char *const protection_names[NUM_PROTECTIONS] = {
    [PROTECT_DROP] = "drop",
    [PROTECT_BLANK] = "blank",
    [PROTECT_KEEP] = "keep",
    [PROTECT_PSEUDONYM] = "pseudonym",
    [PROTECT_MASK] = "mask",
    [PROTECT_DECADE] = "decade",
    [PROTECT_YEAR] = "year",
    [PROTECT_QUARTER] = "quarter",
    [PROTECT_MONTH] = "month",
    [PROTECT_AGE_90] = "age-90",
    [PROTECT_CAP] = "cap",
    [PROTECT_ZIP3] = "zip3",
    [PROTECT_PREFIX] = "prefix",
    [PROTECT_BAND] = "band",
    [PROTECT_ROUND] = "round",
    [PROTECT_GROUP] = "group",
    [PROTECT_TOKEN] = "token",
    [PROTECT_SEALED] = "sealed",
    [PROTECT_FORMAT] = "format",
    [PROTECT_SHIFT] = "shift",
    [PROTECT_SCRUB] = "scrub",
    [PROTECT_CAPPED_BAND] = "band within",
};

static const char *const unfit_names[NUM_UNFITS] = {
    [UNFIT_WITHHOLD_ROW] = "withhold-row",
    [UNFIT_DROP] = "drop",
    [UNFIT_REFUSE] = "refuse",
};

static const char *const role_names[NUM_ROLES] = {
    [ROLE_CONTROLLER] = "controller",
    [ROLE_PROCESSOR] = "processor",
    [ROLE_RECIPIENT] = "recipient",
};

static const char *const basis_names[NUM_BASES] = {
    [BASIS_NONE] = "none",
    [BASIS_HIPAA_SAFE_HARBOR] = "safe-harbor",
    [BASIS_HIPAA_EXPERT] = "expert",
    [BASIS_HIPAA_LIMITED] = "limited",
    [BASIS_GDPR_CONSENT] = "consent",
    [BASIS_GDPR_CONTRACT] = "contract",
    [BASIS_GDPR_LEGAL_OBLIGATION] = "legal-obligation",
    [BASIS_GDPR_VITAL_INTERESTS] = "vital-interests",
    [BASIS_GDPR_PUBLIC_TASK] = "public-task",
    [BASIS_GDPR_LEGITIMATE_INTERESTS] = "legitimate-interests",
};

static const char *const encrypt_names[NUM_ENCRYPTS] = {
    [ENCRYPT_TLS] = "tls",
    [ENCRYPT_AGE] = "age",
};

static const char *const compression_names[NUM_COMPRESSIONS] = {
    [COMPRESSION_NONE] = "none",
    [COMPRESSION_GZIP] = "gzip",
    [COMPRESSION_ZSTD] = "zstd",
};

static const char *const compression_endings[NUM_COMPRESSIONS] = {
    [COMPRESSION_NONE] = "",
    [COMPRESSION_GZIP] = ".gz",
    [COMPRESSION_ZSTD] = ".zst",
};

static const char *const change_rule_names[NUM_CHANGE_RULES] = {
    [CHANGE_ANY_SIGNER] = "any signer",
    [CHANGE_EACH_CONTROLLER] = "each controller concerned",
    [CHANGE_TWO_EACH_CONTROLLER] = "two of each controller concerned",
};

static const char *const lds_use_names[NUM_LDS_USES] = {
    [LDS_RESEARCH] = "research",
    [LDS_PUBLIC_HEALTH] = "public-health",
    [LDS_OPERATIONS] = "operations",
};

static const char *const transfer_names[NUM_TRANSFER_TOOLS] = {
    [TRANSFER_NONE] = "none",
    [TRANSFER_ADEQUACY] = "adequacy",
    [TRANSFER_DPF] = "dpf",
    [TRANSFER_SCC] = "scc",
    [TRANSFER_BCR] = "bcr",
    [TRANSFER_CODE] = "code",
    [TRANSFER_CERTIFICATION] = "certification",
    [TRANSFER_DEROGATION] = "derogation",
};

static const char *const small_groups_names[NUM_SMALL_GROUPS] = {
    [SMALL_GROUPS_HOLD] = "hold",
    [SMALL_GROUPS_SUPPRESS] = "suppress",
};

static const char *const listing_names[NUM_LISTINGS] = {
    [LISTING_COMPLETE] = "complete",
    [LISTING_AS_READY] = "as-ready",
};

static const char *const warm_names[NUM_WARMS] = {
    [WARM_ON_READ] = "on-read",
    [WARM_AHEAD] = "ahead",
};

const char *model_class_name(enum column_class class)
{
	return class < NUM_CLASSES ? class_names[class] : "unknown";
}

const char *
model_kind_name(enum column_kind kind)
{
	return kind < NUM_KINDS ? kind_names[kind] : "unknown";
}

const char *
model_protection_name(enum protection_op op)
{
	return op < NUM_PROTECTIONS ? protection_names[op] : "unknown";
}

const char *
model_unfit_name(enum unfit unfit)
{
	return unfit < NUM_UNFITS ? unfit_names[unfit] : "unknown";
}

const char *
model_role_name(enum party_role role)
{
	return role < NUM_ROLES ? role_names[role] : "unknown";
}

const char *
model_basis_name(enum basis basis)
{
	return basis < NUM_BASES ? basis_names[basis] : "unknown";
}

const char *
model_encrypt_name(enum encrypt encrypt)
{
	return encrypt < NUM_ENCRYPTS ? encrypt_names[encrypt] : "unknown";
}

const char *
model_compression_name(enum compression compression)
{
	return compression < NUM_COMPRESSIONS ? compression_names[compression]
					      : "unknown";
}

const char *
model_change_rule_name(enum change_rule rule)
{
	return rule < NUM_CHANGE_RULES ? change_rule_names[rule] : "unknown";
}

const char *
model_lds_use_name(enum lds_use use)
{
	return use < NUM_LDS_USES ? lds_use_names[use] : "unknown";
}

const char *
model_transfer_name(enum transfer_tool tool)
{
	return tool < NUM_TRANSFER_TOOLS ? transfer_names[tool] : "unknown";
}

const char *
model_small_groups_name(enum small_groups small)
{
	return small < NUM_SMALL_GROUPS ? small_groups_names[small] : "unknown";
}

const char *
model_listing_name(enum listing listing)
{
	return listing < NUM_LISTINGS ? listing_names[listing] : "unknown";
}

const char *
model_warm_name(enum warm warm)
{
	return warm < NUM_WARMS ? warm_names[warm] : "unknown";
}

const char *
model_compression_ending(enum compression compression)
{
	return compression < NUM_COMPRESSIONS ? compression_endings[compression]
					      : "";
}

enum compression
model_compression_of(struct span name)
{
	for (unsigned i = COMPRESSION_NONE + 1; i < NUM_COMPRESSIONS; i++)
		if (span_ends_with(name, span_str(compression_endings[i])))
			return (enum compression)i;
	return COMPRESSION_NONE;
}

uint32_t
model_num_folders(const struct policy *policy)
{
	uint32_t num = 0;

	while (num < policy->num_datasets &&
	    policy->datasets[num].origin == ORIGIN_FOLDER)
		num++;
	return num;
}

bool
model_signer_in(
    const struct signer *signer, const uint32_t *groups, uint32_t num)
{
	for (uint32_t i = 0; i < signer->num_groups; i++)
		for (uint32_t j = 0; j < num; j++)
			if (signer->groups[i] == groups[j])
				return true;
	return false;
}

uint32_t
model_find_place(const struct policy *policy, struct span id)
{
	for (uint32_t i = 0; i < policy->num_places; i++) {
		if (span_equal(policy->places[i].id, id))
			return i;
	}
	return NO_INDEX;
}

bool
model_has_day_limits(const struct agreement *agreement)
{
	const struct limits *all = &agreement->limits;
	const struct limits *each = &agreement->per_caller;

	return all->rows_per_day > 0 || all->bytes_per_day > 0 ||
	    each->rows_per_day > 0 || each->bytes_per_day > 0;
}

bool
model_has_limits(const struct agreement *agreement)
{
	return model_has_day_limits(agreement) ||
	    agreement->limits.requests_per_minute > 0 ||
	    agreement->per_caller.requests_per_minute > 0;
}

static bool
ends_with(struct span name, const char *ending)
{
	struct span end = span_str(ending);

	return name.len > end.len &&
	    span_equal_fold(span_sub(name, name.len - end.len, end.len), end);
}

bool
model_format_of(struct file_format *out, struct span name)
{
	static const struct {
		const char *ending;
		struct file_format format;
	} endings[] = {
	    {".csv", {.kind = FILE_CSV, .delimiter = ','}},
	    {".tsv", {.kind = FILE_CSV, .delimiter = '\t'}},
	    {".tab", {.kind = FILE_CSV, .delimiter = '\t'}},
	    {".jsonl", {.kind = FILE_JSONL}},
	    {".ndjson", {.kind = FILE_JSONL}},
	};

	if (ends_with(name, ".gz"))
		name.len -= 3;
	else if (ends_with(name, ".zst"))
		name.len -= 4;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_with(name, endings[i].ending)) {
			*out = endings[i].format;
			return true;
		}
	return false;
}
