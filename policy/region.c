#include "policy/region.h"

/* The 27 member states, Iceland, Liechtenstein, Norway. */
static const char eea[] =
    "ATBEBGHRCYCZDKEEFIFRDEGRHUIEITLVLTLUMTNLPLPTROSKSIESSEISLINO";

/* 28 CFR 202.601: China with Hong Kong and Macau, Cuba, Iran, North Korea,
 * Russia, Venezuela; in force since 8 April 2025. */
static const char concern[] = "CNHKMOCUIRKPRUVE";

static const struct {
	const char *name, *countries;
} groups[] = {
    {"EEA", eea},
    {"28-cfr-202", concern},
};

/*
 * Commission decisions, GDPR Art. 45(3), as of November 2026. The countries are
 * those of the Commission's report of 15 January 2024 on its first eleven
 * decisions, and those that the supervisory authority of Luxembourg adds to
 * them (JP, KR, GB, US); the later ones are dated by the decision itself. The
 * numbers of the eleven are those of Implementing Decision (EU) 2016/2295,
 * which amends each of them. Art. 1 of a decision says for whom it holds.
 */
static const struct adequacy decisions[] = {
    {"AD", "2010-10-19", NULL, NULL, "2010/625/EU"},
    {"AR", "2003-06-30", NULL, NULL, "2003/490/EC"},
    {"BR", "2026-01-26", NULL, NULL, "(EU) 2026/179"},
    {"CA", "2001-12-20", NULL, "commercial-org", "2002/2/EC: under PIPEDA"},
    {"CH", "2000-07-26", NULL, NULL, "2000/518/EC"},
    {"FO", "2010-03-05", NULL, NULL, "2010/146/EU"},
    {"GB", "2021-06-28", "2031-12-27", NULL,
	"(EU) 2021/1772, renewed on 19 December 2025"},
    {"GG", "2003-11-21", NULL, NULL, "2003/821/EC"},
    {"IL", "2011-01-31", NULL, NULL, "2011/61/EU"},
    {"IM", "2004-04-28", NULL, NULL, "2004/411/EC"},
    {"JE", "2008-05-08", NULL, NULL, "2008/393/EC"},
    {"JP", "2019-01-23", NULL, "business-operator",
	"(EU) 2019/419: under the APPI, and not for press, academic study, "
	"religion or politics"},
    {"KR", "2021-12-17", NULL, "pipa-controller",
	"(EU) 2022/254: under PIPA, and not for credit data that the FSC "
	"oversees, missions or nominations"},
    {"NZ", "2012-12-19", NULL, NULL, "2013/65/EU"},
    {"US", "2023-07-10", NULL, "dpf", "(EU) 2023/1795: certified under it"},
    {"UY", "2012-08-21", NULL, NULL, "2012/484/EU"},
};

const char *
region_group(struct span name)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (span_equal_str(name, groups[i].name))
			return groups[i].countries;
	return NULL;
}

const char *
region_group_at(unsigned i)
{
	return i < sizeof(groups) / sizeof(groups[0]) ? groups[i].name : NULL;
}

bool
region_in_group(const char *group, const uint8_t country[2])
{
	for (; *group != '\0'; group += 2)
		if (country[0] == (uint8_t)group[0] &&
		    country[1] == (uint8_t)group[1])
			return true;
	return false;
}

bool
region_is_eea(const uint8_t country[2])
{
	return region_in_group(eea, country);
}

const struct adequacy *
region_adequacy(const uint8_t country[2])
{
	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++)
		if (region_in_group(decisions[i].country, country))
			return &decisions[i];
	return NULL;
}

const struct adequacy *
region_adequacy_at(unsigned i)
{
	return i < sizeof(decisions) / sizeof(decisions[0]) ? &decisions[i]
							    : NULL;
}
