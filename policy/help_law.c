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
	.title = "condition of keep missing",
	.meaning = "The preset permits `keep` here for a reason, and the "
		   "reason must be written down. It goes into every record "
		   "and explanation. `gdpr-anonymous-review` permits it where "
		   "groups have a least size instead, `smallest-group: {k: 5, "
		   "l: 2}`.",
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
	    "collection for the reason why the two are compatible, an expert "
	    "determination for the report, a limited data set for the data "
	    "use agreement. The latter two cover the recipient, and hold to "
	    "the agreement's last day.",
	.right = "    gdpr: legitimate-interests\n    assessment: LIA-1\n",
	.wrong = "    gdpr: legitimate-interests\n",
	.remedy = "Name the document: `assessment: LIA-2026-031`, or "
		  "`compatible-because: …`.",
	.law = "GDPR Art. 6(1)(f) and 6(4); 45 CFR 164.514(b)(1) and (e)(4)."},
    {.code = "E206",
	.title = "Art. 9 and 10",
	.meaning = "The dataset, or a column that is delivered, is of a "
		   "special category (`category:`), and the purpose does not "
		   "say which condition lifts the prohibition; or it is about "
		   "convictions (`category: convictions`), and the purpose "
		   "does not say which law allows that.",
	.right = "plain amount",
	.wrong = "{is: plain amount, category: health}",
	.remedy = "Add `art9:` with the letter of the condition, a to j, or "
		  "`art10:` with the law, to the purpose; or do not list the "
		  "column.",
	.law = "GDPR Art. 9(1) and (2), Art. 10."},
    {.code = "E207",
	.title = "transfer",
	.meaning = "The place where the data is computed on, or the recipient, "
		   "is outside the European Economic Area, and `transfer` of "
		   "the agreement names nothing that permits it.",
	.right = "    country: DE\n    role: processor\n",
	.wrong = "    country: US\n    role: processor\n",
	.remedy = "Name the tool: `transfer: adequacy`, or `transfer: {tool: "
		  "scc, module: 2, tia: TIA-2026-3}`; or choose a place and a "
		  "recipient in the EEA.",
	.law = "GDPR Art. 44 to 49."},
    {.code = "E208",
	.title = "shared codes",
	.meaning = "Two agreements whose codes are the same let their "
		   "recipients find the same person in both. Both name each "
		   "other and the reason, and deliver codes of one kind and "
		   "form; under Safe Harbor the recipient is the same too.",
	.right = "    encrypt: age\n",
	.wrong = "    encrypt: age\n"
		 "    linkable-with: fraud\n"
		 "    linkable-because: one model\n",
	.remedy = "Add `linkable-with` and `linkable-because` to both, or to "
		  "neither.",
	.law = "45 CFR 164.514(c)(2); GDPR Art. 4(5) and 5(1)(b)."},
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
    {.code = "W305",
	.title = "adequacy that ends first",
	.meaning = "The decision of adequacy that the transfer stands on has a "
		   "last day, and the agreement goes on after it.",
	.right = "    recipient: vector\n"
		 "    contract: C-2\n"
		 "    dataset: bank/cards\n"
		 "    purpose: card-fraud\n"
		 "    places: [frankfurt]\n"
		 "    columns:\n"
		 "      iban: pseudonym\n"
		 "      merchant: keep because companies are not people\n"
		 "      amount: keep\n"
		 "    until: 2027-06-30\n",
	.wrong = "    recipient: isle\n"
		 "    contract: C-2\n"
		 "    dataset: bank/cards\n"
		 "    purpose: card-fraud\n"
		 "    places: [frankfurt]\n"
		 "    transfer: adequacy\n"
		 "    columns:\n"
		 "      iban: pseudonym\n"
		 "      merchant: keep because companies are not people\n"
		 "      amount: keep\n"
		 "    until: 2032-06-30\n",
	.remedy = "End the agreement with the decision, or have another tool "
		  "ready.",
	.law = "GDPR Art. 45(3)."},
    {.code = "W306",
	.title = "cards only",
	.meaning = "`pci-cardholder@1` restricts data of cards, and nothing "
		   "else: names and addresses leave as they are.",
	.right = "    protect: gdpr-pseudonymous@1\n",
	.wrong = "    protect: pci-cardholder@1\n",
	.remedy = "Beside it, name the preset of the privacy law that holds: "
		  "`protect: [gdpr-pseudonymous@1, pci-cardholder@1]`.",
	.law = "PCI DSS 3.3 to 3.5."},
    {.code = "W307",
	.title = "review is due",
	.meaning = "The day by which somebody was to look at the agreement "
		   "again is over.",
	.right = "    until: 2027-03-31\n",
	.wrong = "    review-by: 2026-01-31\n    until: 2027-03-31\n",
	.remedy = "Review it, and set the next day."},
    {.code = "W901",
	.title = "agreement not served",
	.meaning = "The agreement asks for something that this build has no "
		   "data path for. It is checked like any other, and denied to "
		   "everybody: a form that is weaker than was agreed is "
		   "worse than none.",
	.right = "    until: 2027-03-31\n",
	.wrong = "    smallest-group: 5\n    until: 2027-03-31\n",
	.remedy = "Leave out what it waits for, if the agreement is sound "
		  "without it; or wait for a build that serves it."},
    {.code = "W902",
	.title = "of no use to anybody",
	.meaning = "A proof or a place that nobody can show yet, as this build "
		   "does not verify it: what stands beside it counts. Or an "
		   "emergency that no three signers can use: one of a group of "
		   "`who` asks, two others of `approvers` sign.",
	.right = "    - access-key: TRAIN01\n",
	.wrong =
	    "    - access-key: TRAIN01\n"
	    "    - token: {issuer: \"https://login.example\", sub: robot}\n",
	.remedy =
	    "Give another proof beside it, if somebody is to get in "
	    "today; for an emergency, write `in: GROUP` under `signers`."},
};
const size_t help_pages_num_law =
    sizeof(help_pages_law) / sizeof(help_pages_law[0]);
