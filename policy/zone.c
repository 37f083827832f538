#include "policy/zone.h"

#include "policy/literal.h"
#include "policy/suggest.h"

enum {
	MINUTE_S = 60,
	DAY_S = 86400,
};

/* As in a POSIX TZ rule, Mm.w.d/time: week 5 is the last, day 0 Sunday. */
struct turn {
	uint8_t month; /* 0: clocks are never changed */
	uint8_t week, weekday;
	int16_t minutes; /* of the local time until then; may be another day */
};

struct zone {
	int16_t normal, summer; /* minutes east of UTC */
	struct turn begins, ends;
	const char *names;
};

/* The footers of tzdata 2025b, of UTC and all zones of its zone.tab. */
static const struct zone zones[] = {
    {-660, -660, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Pacific/Midway Pacific/Niue Pacific/Pago_Pago"},
    {-600, -600, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Pacific/Honolulu Pacific/Rarotonga Pacific/Tahiti"},
    {-600, -540, {3, 2, 0, 120}, {11, 1, 0, 120}, "America/Adak"},
    {-570, -570, {0, 0, 0, 0}, {0, 0, 0, 0}, "Pacific/Marquesas"},
    {-540, -540, {0, 0, 0, 0}, {0, 0, 0, 0}, "Pacific/Gambier"},
    {-540, -480, {3, 2, 0, 120}, {11, 1, 0, 120},
	"America/Anchorage America/Juneau America/Metlakatla "
	"America/Nome America/Sitka America/Yakutat"},
    {-480, -480, {0, 0, 0, 0}, {0, 0, 0, 0}, "Pacific/Pitcairn"},
    {-480, -420, {3, 2, 0, 120}, {11, 1, 0, 120},
	"America/Los_Angeles America/Tijuana America/Vancouver"},
    {-420, -420, {0, 0, 0, 0}, {0, 0, 0, 0},
	"America/Creston America/Dawson America/Dawson_Creek "
	"America/Fort_Nelson America/Hermosillo America/Mazatlan "
	"America/Phoenix America/Whitehorse"},
    {-420, -360, {3, 2, 0, 120}, {11, 1, 0, 120},
	"America/Boise America/Cambridge_Bay America/Ciudad_Juarez "
	"America/Denver America/Edmonton America/Inuvik"},
    {-360, -360, {0, 0, 0, 0}, {0, 0, 0, 0},
	"America/Bahia_Banderas America/Belize America/Chihuahua "
	"America/Costa_Rica America/El_Salvador America/Guatemala "
	"America/Managua America/Merida America/Mexico_City "
	"America/Monterrey America/Regina America/Swift_Current "
	"America/Tegucigalpa Pacific/Galapagos"},
    {-360, -300, {3, 2, 0, 120}, {11, 1, 0, 120},
	"America/Chicago America/Indiana/Knox America/Indiana/Tell_City "
	"America/Matamoros America/Menominee "
	"America/North_Dakota/Beulah America/North_Dakota/Center "
	"America/North_Dakota/New_Salem America/Ojinaga "
	"America/Rankin_Inlet America/Resolute America/Winnipeg"},
    {-360, -300, {9, 1, 6, 1320}, {4, 1, 6, 1320}, "Pacific/Easter"},
    {-300, -300, {0, 0, 0, 0}, {0, 0, 0, 0},
	"America/Atikokan America/Bogota America/Cancun America/Cayman "
	"America/Eirunepe America/Guayaquil America/Jamaica "
	"America/Lima America/Panama America/Rio_Branco"},
    {-300, -240, {3, 2, 0, 120}, {11, 1, 0, 120},
	"America/Detroit America/Grand_Turk "
	"America/Indiana/Indianapolis America/Indiana/Marengo "
	"America/Indiana/Petersburg America/Indiana/Vevay "
	"America/Indiana/Vincennes America/Indiana/Winamac "
	"America/Iqaluit America/Kentucky/Louisville "
	"America/Kentucky/Monticello America/Nassau America/New_York "
	"America/Port-au-Prince America/Toronto"},
    {-300, -240, {3, 2, 0, 0}, {11, 1, 0, 60}, "America/Havana"},
    {-240, -240, {0, 0, 0, 0}, {0, 0, 0, 0},
	"America/Anguilla America/Antigua America/Aruba "
	"America/Barbados America/Blanc-Sablon America/Boa_Vista "
	"America/Campo_Grande America/Caracas America/Cuiaba "
	"America/Curacao America/Dominica America/Grenada "
	"America/Guadeloupe America/Guyana America/Kralendijk "
	"America/La_Paz America/Lower_Princes America/Manaus "
	"America/Marigot America/Martinique America/Montserrat "
	"America/Port_of_Spain America/Porto_Velho America/Puerto_Rico "
	"America/Santo_Domingo America/St_Barthelemy America/St_Kitts "
	"America/St_Lucia America/St_Thomas America/St_Vincent "
	"America/Tortola"},
    {-240, -180, {3, 2, 0, 120}, {11, 1, 0, 120},
	"America/Glace_Bay America/Goose_Bay America/Halifax "
	"America/Moncton America/Thule Atlantic/Bermuda"},
    {-240, -180, {9, 1, 6, 1440}, {4, 1, 6, 1440}, "America/Santiago"},
    {-210, -150, {3, 2, 0, 120}, {11, 1, 0, 120}, "America/St_Johns"},
    {-180, -180, {0, 0, 0, 0}, {0, 0, 0, 0},
	"America/Araguaina America/Argentina/Buenos_Aires "
	"America/Argentina/Catamarca America/Argentina/Cordoba "
	"America/Argentina/Jujuy America/Argentina/La_Rioja "
	"America/Argentina/Mendoza America/Argentina/Rio_Gallegos "
	"America/Argentina/Salta America/Argentina/San_Juan "
	"America/Argentina/San_Luis America/Argentina/Tucuman "
	"America/Argentina/Ushuaia America/Asuncion America/Bahia "
	"America/Belem America/Cayenne America/Coyhaique "
	"America/Fortaleza America/Maceio America/Montevideo "
	"America/Paramaribo America/Punta_Arenas America/Recife "
	"America/Santarem America/Sao_Paulo Antarctica/Palmer "
	"Antarctica/Rothera Atlantic/Stanley"},
    {-180, -120, {3, 2, 0, 120}, {11, 1, 0, 120}, "America/Miquelon"},
    {-120, -120, {0, 0, 0, 0}, {0, 0, 0, 0},
	"America/Noronha Atlantic/South_Georgia"},
    {-120, -60, {3, 5, 0, -60}, {10, 5, 0, 0},
	"America/Nuuk America/Scoresbysund"},
    {-60, -60, {0, 0, 0, 0}, {0, 0, 0, 0}, "Atlantic/Cape_Verde"},
    {-60, 0, {3, 5, 0, 0}, {10, 5, 0, 60}, "Atlantic/Azores"},
    {0, 0, {0, 0, 0, 0}, {0, 0, 0, 0},
	"UTC Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul "
	"Africa/Bissau Africa/Conakry Africa/Dakar Africa/Freetown "
	"Africa/Lome Africa/Monrovia Africa/Nouakchott "
	"Africa/Ouagadougou Africa/Sao_Tome America/Danmarkshavn "
	"Atlantic/Reykjavik Atlantic/St_Helena"},
    {0, 60, {3, 5, 0, 60}, {10, 5, 0, 120},
	"Atlantic/Canary Atlantic/Faroe Atlantic/Madeira "
	"Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/Lisbon "
	"Europe/London"},
    {0, 120, {3, 5, 0, 60}, {10, 5, 0, 180}, "Antarctica/Troll"},
    {60, 0, {10, 5, 0, 120}, {3, 5, 0, 60}, "Europe/Dublin"},
    {60, 60, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Africa/Algiers Africa/Bangui Africa/Brazzaville "
	"Africa/Casablanca Africa/Douala Africa/El_Aaiun "
	"Africa/Kinshasa Africa/Lagos Africa/Libreville Africa/Luanda "
	"Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo "
	"Africa/Tunis"},
    {60, 120, {3, 5, 0, 120}, {10, 5, 0, 180},
	"Africa/Ceuta Arctic/Longyearbyen Europe/Amsterdam "
	"Europe/Andorra Europe/Belgrade Europe/Berlin Europe/Bratislava "
	"Europe/Brussels Europe/Budapest Europe/Busingen "
	"Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana "
	"Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Monaco "
	"Europe/Oslo Europe/Paris Europe/Podgorica Europe/Prague "
	"Europe/Rome Europe/San_Marino Europe/Sarajevo Europe/Skopje "
	"Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican "
	"Europe/Vienna Europe/Warsaw Europe/Zagreb Europe/Zurich"},
    {120, 120, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare "
	"Africa/Johannesburg Africa/Juba Africa/Khartoum Africa/Kigali "
	"Africa/Lubumbashi Africa/Lusaka Africa/Maputo Africa/Maseru "
	"Africa/Mbabane Africa/Tripoli Africa/Windhoek "
	"Europe/Kaliningrad"},
    {120, 180, {4, 5, 5, 0}, {10, 5, 4, 1440}, "Africa/Cairo"},
    {120, 180, {3, 5, 0, 0}, {10, 5, 0, 0}, "Asia/Beirut"},
    {120, 180, {3, 5, 0, 180}, {10, 5, 0, 240},
	"Asia/Famagusta Asia/Nicosia Europe/Athens Europe/Bucharest "
	"Europe/Helsinki Europe/Kyiv Europe/Mariehamn Europe/Riga "
	"Europe/Sofia Europe/Tallinn Europe/Vilnius"},
    {120, 180, {3, 4, 4, 3000}, {10, 4, 4, 3000}, "Asia/Gaza Asia/Hebron"},
    {120, 180, {3, 4, 4, 1560}, {10, 5, 0, 120}, "Asia/Jerusalem"},
    {120, 180, {3, 5, 0, 120}, {10, 5, 0, 180}, "Europe/Chisinau"},
    {180, 180, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Africa/Addis_Ababa Africa/Asmara Africa/Dar_es_Salaam "
	"Africa/Djibouti Africa/Kampala Africa/Mogadishu Africa/Nairobi "
	"Antarctica/Syowa Asia/Aden Asia/Amman Asia/Baghdad "
	"Asia/Bahrain Asia/Damascus Asia/Kuwait Asia/Qatar Asia/Riyadh "
	"Europe/Istanbul Europe/Kirov Europe/Minsk Europe/Moscow "
	"Europe/Simferopol Europe/Volgograd Indian/Antananarivo "
	"Indian/Comoro Indian/Mayotte"},
    {210, 210, {0, 0, 0, 0}, {0, 0, 0, 0}, "Asia/Tehran"},
    {240, 240, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Asia/Baku Asia/Dubai Asia/Muscat Asia/Tbilisi Asia/Yerevan "
	"Europe/Astrakhan Europe/Samara Europe/Saratov Europe/Ulyanovsk "
	"Indian/Mahe Indian/Mauritius Indian/Reunion"},
    {270, 270, {0, 0, 0, 0}, {0, 0, 0, 0}, "Asia/Kabul"},
    {300, 300, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Antarctica/Mawson Antarctica/Vostok Asia/Almaty Asia/Aqtau "
	"Asia/Aqtobe Asia/Ashgabat Asia/Atyrau Asia/Dushanbe "
	"Asia/Karachi Asia/Oral Asia/Qostanay Asia/Qyzylorda "
	"Asia/Samarkand Asia/Tashkent Asia/Yekaterinburg "
	"Indian/Kerguelen Indian/Maldives"},
    {330, 330, {0, 0, 0, 0}, {0, 0, 0, 0}, "Asia/Colombo Asia/Kolkata"},
    {345, 345, {0, 0, 0, 0}, {0, 0, 0, 0}, "Asia/Kathmandu"},
    {360, 360, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Asia/Bishkek Asia/Dhaka Asia/Omsk Asia/Thimphu Asia/Urumqi "
	"Indian/Chagos"},
    {390, 390, {0, 0, 0, 0}, {0, 0, 0, 0}, "Asia/Yangon Indian/Cocos"},
    {420, 420, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Antarctica/Davis Asia/Bangkok Asia/Barnaul Asia/Ho_Chi_Minh "
	"Asia/Hovd Asia/Jakarta Asia/Krasnoyarsk Asia/Novokuznetsk "
	"Asia/Novosibirsk Asia/Phnom_Penh Asia/Pontianak Asia/Tomsk "
	"Asia/Vientiane Indian/Christmas"},
    {480, 480, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Antarctica/Casey Asia/Brunei Asia/Hong_Kong Asia/Irkutsk "
	"Asia/Kuala_Lumpur Asia/Kuching Asia/Macau Asia/Makassar "
	"Asia/Manila Asia/Shanghai Asia/Singapore Asia/Taipei "
	"Asia/Ulaanbaatar Australia/Perth"},
    {525, 525, {0, 0, 0, 0}, {0, 0, 0, 0}, "Australia/Eucla"},
    {540, 540, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Asia/Chita Asia/Dili Asia/Jayapura Asia/Khandyga "
	"Asia/Pyongyang Asia/Seoul Asia/Tokyo Asia/Yakutsk "
	"Pacific/Palau"},
    {570, 570, {0, 0, 0, 0}, {0, 0, 0, 0}, "Australia/Darwin"},
    {570, 630, {10, 1, 0, 120}, {4, 1, 0, 180},
	"Australia/Adelaide Australia/Broken_Hill"},
    {600, 600, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Antarctica/DumontDUrville Asia/Ust-Nera Asia/Vladivostok "
	"Australia/Brisbane Australia/Lindeman Pacific/Chuuk "
	"Pacific/Guam Pacific/Port_Moresby Pacific/Saipan"},
    {600, 660, {10, 1, 0, 120}, {4, 1, 0, 180},
	"Antarctica/Macquarie Australia/Hobart Australia/Melbourne "
	"Australia/Sydney"},
    {630, 660, {10, 1, 0, 120}, {4, 1, 0, 120}, "Australia/Lord_Howe"},
    {660, 660, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Asia/Magadan Asia/Sakhalin Asia/Srednekolymsk "
	"Pacific/Bougainville Pacific/Efate Pacific/Guadalcanal "
	"Pacific/Kosrae Pacific/Noumea Pacific/Pohnpei"},
    {660, 720, {10, 1, 0, 120}, {4, 1, 0, 180}, "Pacific/Norfolk"},
    {720, 720, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Asia/Anadyr Asia/Kamchatka Pacific/Fiji Pacific/Funafuti "
	"Pacific/Kwajalein Pacific/Majuro Pacific/Nauru Pacific/Tarawa "
	"Pacific/Wake Pacific/Wallis"},
    {720, 780, {9, 5, 0, 120}, {4, 1, 0, 180},
	"Antarctica/McMurdo Pacific/Auckland"},
    {765, 825, {9, 5, 0, 165}, {4, 1, 0, 225}, "Pacific/Chatham"},
    {780, 780, {0, 0, 0, 0}, {0, 0, 0, 0},
	"Pacific/Apia Pacific/Fakaofo Pacific/Kanton Pacific/Tongatapu"},
    {840, 840, {0, 0, 0, 0}, {0, 0, 0, 0}, "Pacific/Kiritimati"},
};

static int64_t
turn_at(const struct turn *turn, int year, int offset)
{
	int32_t first = literal_day_of(year, turn->month, 1);
	int32_t weekday = (first + 4) % 7, day; /* 1970-01-01 is a Thursday */

	if (weekday < 0)
		weekday += 7;
	day = first + (turn->weekday - weekday + 7) % 7 + (turn->week - 1) * 7;
	while (day >= first + literal_days_of_month(year, turn->month))
		day -= 7;
	return (int64_t)day * DAY_S + (turn->minutes - offset) * MINUTE_S;
}

/* Minutes east of UTC at a moment. South of the equator, and in Dublin, the
 * other time goes over the end of the year. */
static int
offset_at(const struct zone *zone, int64_t moment)
{
	int64_t local = moment + zone->normal * MINUTE_S, begins, ends;
	int64_t day = local / DAY_S - (local % DAY_S < 0 ? 1 : 0);
	int year, month, mday;
	bool other;

	if (zone->begins.month == 0)
		return zone->normal;
	literal_civil((int32_t)day, &year, &month, &mday);
	begins = turn_at(&zone->begins, year, zone->normal);
	ends = turn_at(&zone->ends, year, zone->summer);
	other = begins < ends ? begins <= moment && moment < ends
			      : !(ends <= moment && moment < begins);
	return other ? zone->summer : zone->normal;
}

const struct zone *
zone_find(struct span name, struct span *out_near)
{
	struct suggest near;

	suggest_init(&near, name);
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct span rest = span_str(zones[i].names), one;

		while (span_take_until(&rest, &one, ' ')) {
			if (span_equal(one, name))
				return &zones[i];
			suggest_offer(&near, one);
		}
	}
	*out_near = near.best;
	return NULL;
}

int64_t
zone_day_start(const struct zone *zone, int32_t day)
{
	int earlier = zone->normal > zone->summer ? zone->normal : zone->summer;
	int later = zone->normal + zone->summer - earlier;
	int64_t first = (int64_t)day * DAY_S - earlier * MINUTE_S;
	int64_t second = (int64_t)day * DAY_S - later * MINUTE_S;

	if (offset_at(zone, first) == earlier)
		return first;
	/* Either the day begins by the other time, or its midnight is skipped,
	 * and clocks that skip it show the other time before. */
	return second;
}

int32_t
zone_day(const struct zone *zone, int64_t moment)
{
	int32_t day = (int32_t)(moment / DAY_S) - 2;

	while (zone_day_start(zone, day + 1) <= moment)
		day++;
	return day;
}
