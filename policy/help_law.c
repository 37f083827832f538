#include "policy/help_pages.h"

/*
 * help_law: what the law that a dataset names does not let through, what this
 * build does not serve, and warnings.
 */

const struct help_page help_pages_law[] = {
    {.code = "E201",
	.title = "not lawful",
	.meaning =
	    "The preset of the dataset (`protect:`) does not permit to deliver "
	    "this column in this form. A form can also be permitted, but only "
	    "coarser than it is here. With two presets both must permit it.",
	.right = "      birth: year\n",
	.wrong = "      birth: month\n",
	.remedy =
	    "Use one of the forms that the message names, or do not list the "
	    "column: what is not listed does not leave. If the column is not "
	    "what its class or kind says, correct that where the dataset "
	    "declares it.",
	.law = "The message cites the paragraph. 45 CFR 164.514(b)(2)(i) lists "
	       "what Safe Harbor removes; 164.514(c) bars codes derived from "
	       "the identifier; GDPR Art. 4(5) and 5(1)(c) ask for "
	       "pseudonymous and for no more than necessary."},
    {.code = "E202",
	.title = "reason missing",
	.meaning = "The preset permits `keep` here for a reason, and the "
		   "reason must be written down. It goes into every record "
		   "and explanation.",
	.right = "keep because companies are not people",
	.wrong = "keep",
	.remedy = "Write `keep because …` and say why this recipient needs "
		  "the value as it is; or use a coarser form.",
	.law = "GDPR Art. 5(1)(c): adequate, relevant and limited to what is "
	       "necessary; Art. 5(2): you must be able to show it."},
    {.code = "E203",
	.title = "no-actual-knowledge",
	.meaning =
	    "Safe Harbor has two conditions: the identifiers are gone, and "
	    "nobody at the covered entity knows that what remains could "
	    "identify a person. Somebody must state the second, by name and "
	    "day, and not for a day to come.",
	.right = "    no-actual-knowledge: {signed-by: anna, on: 2026-11-01}\n",
	.wrong = "",
	.remedy = "Add `no-actual-knowledge: {signed-by: NAME, on: "
		  "YYYY-MM-DD}` to the dataset, and renew it every year.",
	.law = "45 CFR 164.514(b)(2)(ii)."},
    {.code = "E204",
	.title = "basis missing",
	.meaning =
	    "The preset of the dataset names a law, and the purpose of the "
	    "agreement does not say on what basis of that law it stands.",
	.right = "    hipaa: safe-harbor\n",
	.wrong = "    dpia: DPIA-7\n",
	.remedy =
	    "Add `hipaa: safe-harbor`, or `gdpr:` with consent, contract, "
	    "legal-obligation, vital-interests, public-task or "
	    "legitimate-interests, to the purpose. If that is not its basis, "
	    "it needs another preset.",
	.law = "45 CFR 164.502(d) and 164.514(b); GDPR Art. 6(1)."},
    {.code = "E205",
	.title = "evidence of the basis",
	.meaning =
	    "The basis that the purpose names asks for a document: legitimate "
	    "interests for an assessment, another purpose than that of the "
	    "collection for the reason why the two are compatible.",
	.right = "    gdpr: legitimate-interests\n    assessment: LIA-1\n",
	.wrong = "    gdpr: legitimate-interests\n",
	.remedy = "Name the document: `assessment: LIA-2026-031`, or "
		  "`compatible-because: …`.",
	.law = "GDPR Art. 6(1)(f) and 6(4)."},
    {.code = "E206",
	.title = "Art. 9",
	.meaning = "The dataset, or a column that is delivered, is of a "
		   "special category (`category:`), and the purpose does not "
		   "say which condition lifts the prohibition.",
	.right = "plain amount",
	.wrong = "{is: plain amount, category: health}",
	.remedy = "Add `art9:` with the letter of the condition, a to j, to "
		  "the purpose; or do not list the column.",
	.law = "GDPR Art. 9(1) and (2)."},
    {.code = "E207",
	.title = "transfer",
	.meaning = "The place where the data is computed on, or the recipient, "
		   "is outside the European Economic Area, and nothing in the "
		   "agreement permits the transfer.",
	.right = "    country: DE\n    role: processor\n",
	.wrong = "    country: US\n    role: processor\n",
	.remedy = "Choose a place and a recipient in the EEA.",
	.law = "GDPR Art. 44 to 49."},
    {.code = "E901",
	.title = "key not served",
	.meaning = "The language has this key, and this build cannot do what "
		   "it says. It is refused rather than ignored: a limit that "
		   "is not kept is worse than none.",
	.right = "    until: 2027-03-31\n",
	.wrong = "    until: 2027-03-31\n    listing: as-ready\n",
	.remedy = "Leave it out if the agreement is sound without it; or wait "
		  "for a build that serves it."},
    {.code = "E902",
	.title = "value not served",
	.meaning = "The language has this value, and this build cannot do what "
		   "it says.",
	.right = "file:///data/hospital/*.csv",
	.wrong = "s3://hospital/*.csv",
	.remedy = "Use one that is served (policy/README.md lists them); or "
		  "wait for a build that serves it."},
    {.code = "W301",
	.title = "ended",
	.meaning = "The agreement's last day is over. It denies every request.",
	.right = "    until: 2027-03-31\n",
	.wrong = "    until: 2026-03-31\n",
	.remedy = "Remove the agreement, or agree on a later day; `gatehouse "
		  "policy diff` shows that as WIDER."},
    {.code = "W302",
	.title = "place without effect",
	.meaning = "The agreement lists a place that a guardrail under `never` "
		   "always denies to it. The guardrail wins.",
	.right = "    places: [frankfurt]\n",
	.wrong = "    places: [virginia]\n",
	.remedy = "Take the place out of the agreement. If the guardrail is "
		  "what is wrong, its narrowing is a change of its own that "
		  "the controllers sign."},
    {.code = "W303",
	.title = "statement older than a year",
	.meaning = "The `no-actual-knowledge` of the dataset was signed more "
		   "than a year ago.",
	.right = "on: 2026-11-01",
	.wrong = "on: 2025-11-01",
	.remedy = "Look at the dataset anew, and state it again.",
	.law = "45 CFR 164.514(b)(2)(ii). The year is our rule, not the "
	       "law's."},
    {.code = "W304",
	.title = "HIPAA data under the GDPR",
	.meaning = "What HIPAA calls de-identified can be personal data for a "
		   "recipient or at a place in the European Economic Area.",
	.right = "    recipient: lab\n",
	.wrong = "    recipient: vector\n",
	.remedy = "Ask whoever is responsible for the GDPR at the recipient; "
		  "add `gdpr-pseudonymous@1` to `protect` where it holds.",
	.law = "GDPR Art. 3 and 4(5), recital 26."},
};
const size_t help_pages_num_law =
    sizeof(help_pages_law) / sizeof(help_pages_law[0]);
