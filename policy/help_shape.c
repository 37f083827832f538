#include "policy/help_pages.h"

/* help_shape: words, names and sentences that are not right in themselves. */

const struct help_page help_pages_shape[] = {
    {.code = "E100",
	.title = "wrong shape",
	.meaning = "What stands behind this key is a text where a list or a "
		   "map of `key: value` lines is meant, or the other way "
		   "round.",
	.right = "    who: trainers\n",
	.wrong = "    who: {group: trainers}\n",
	.remedy = "Write it in the shape that the message names."},
    {.code = "E101",
	.title = "unknown key",
	.meaning = "There is no such key here. It may be misspelt, or stand "
		   "one level too high or too deep.",
	.right = "    assessment: LIA-1\n",
	.wrong = "    assessment: LIA-1\n    dpja: DPIA-1\n",
	.remedy = "Correct it; the message offers the nearest word. "
		  "policy/README.md lists the keys of each section."},
    {.code = "E102",
	.title = "missing or empty",
	.meaning = "Something that must be said is not there, or nothing "
		   "stands behind its key.",
	.right = "    country: DE\n    role: processor\n",
	.wrong = "    role: processor\n",
	.remedy = "Add it where the message points to."},
    {.code = "E103",
	.title = "bad value",
	.meaning = "The value is none of those that can stand here: a word "
		   "that the language does not have, a country that is no code "
		   "of ISO 3166-1, a network without its length.",
	.right = "role: controller",
	.wrong = "role: kontroller",
	.remedy = "Use one of the values that the message names."},
    {.code = "E104",
	.title = "no such thing",
	.meaning =
	    "The name of a group, place, purpose, party, dataset, column "
	    "or preset is used, and nothing of that name is declared.",
	.right = "    who: trainers\n",
	.wrong = "    who: trainer\n",
	.remedy = "Correct the name, or declare it. Names are compared letter "
		  "by letter, capitals included."},
    {.code = "E105",
	.title = "there twice",
	.meaning = "Two things have the same name, in one file or in two of "
		   "one folder, or one thing is said twice. Which of them "
		   "holds could not be told.",
	.right = "  - id: fraud\n",
	.wrong = "  - id: readmission\n",
	.remedy = "Rename one of them, or remove it; the message names the "
		  "first."},
    {.code = "E106",
	.title = "bad name",
	.meaning = "A name that becomes part of an address has lower-case "
		   "letters, digits and inner dashes only. That of an "
		   "agreement is a bucket: 3 to 40 of them, and not livez, "
		   "readyz or v1.",
	.right = "  - id: fraud\n",
	.wrong = "  - id: Fraud\n",
	.remedy = "Write it so: `fraud-detection-2`."},
    {.code = "E107",
	.title = "bad column",
	.meaning = "A column is declared by a class and, for most classes, a "
		   "kind; some keys belong to some classes only; in JSON Lines "
		   "its name is a path.",
	.right = "      diagnosis: sensitive code\n",
	.wrong = "      diagnosis: sensitive\n",
	.remedy = "Say what it is: `sensitive code`, `quasi-identifier date`, "
		  "`free-text`."},
    {.code = "E108",
	.title = "rule on an identifier",
	.meaning = "A rule under `rows` is public: whoever reads the data "
		   "knows that it held. On a column that identifies a person "
		   "it would say who is in the data.",
	.right = "      - birth before 2008-01-01\n",
	.wrong = "      - mrn is 5\n",
	.remedy = "Select by another column; persons who must not be in it "
		  "are a matter of consent, objection or erasure."},
    {.code = "E109",
	.title = "rule between edges",
	.meaning = "The column is delivered coarser than it is, and the rule "
		   "cuts inside of a group: the rows that are there would tell "
		   "more than the form does. A rule on `year` may cut on 1 "
		   "January, on `band 2` at multiples of 2.",
	.right = "      - birth before 2008-01-01\n",
	.wrong = "      - birth before 2008-06-01\n",
	.remedy = "Move the cut to an edge of the form, or take the rule out."},
    {.code = "E110",
	.title = "form and kind do not fit",
	.meaning = "The form does not work on values of this kind: there is no "
		   "year in a postal code.",
	.right = "      zip: zip3\n",
	.wrong = "      zip: year\n",
	.remedy = "Use a form for this kind, or correct the kind where the "
		  "dataset declares the column."},
    {.code = "E111",
	.title = "bad form",
	.meaning = "The form is misspelt, or what it needs (a number, a range, "
		   "a file) is missing or wrong.",
	.right = "      nights: band 2\n",
	.wrong = "      nights: band 0\n",
	.remedy = "policy/README.md lists the forms, as `band 5`, `cap 0..89`, "
		  "`mask last 4`, `group FILE`."},
    {.code = "E112",
	.title = "evidence of a place",
	.meaning =
	    "A place is only as good as what shows that somebody is there: a "
	    "network that nobody else uses, or a certificate. Private "
	    "addresses are in use in many networks at once.",
	.right = "seen-as: [203.0.113.0/24]",
	.wrong = "seen-as: [10.1.0.0/16]",
	.remedy = "State the public network, or add `certificate:` with the "
		  "URI in the certificate of the machines there."},
    {.code = "E113",
	.title = "subject",
	.meaning = "Each row is about a person, and one column says about "
		   "whom. None does here, or two do, or one that steers a "
		   "release.",
	.right = "direct-identifier record-number, subject",
	.wrong = "direct-identifier record-number",
	.remedy = "Write `, subject` behind the column, or `subject: each-row` "
		  "in the dataset where every row is another person."},
    {.code = "E114",
	.title = "origin",
	.meaning =
	    "An origin is file:///FOLDER/PATTERN. The first part is a "
	    "folder with a name, without `.`, `..` or empty parts; `*` "
	    "is any text within one part. What the names end in must not "
	    "contradict `compression`.",
	.right = "file:///data/hospital/*.csv",
	.wrong = "file:///data/../etc/*.csv",
	.remedy = "Write the folder as the gateway sees it, from the root."},
    {.code = "E115",
	.title = "bad rule",
	.meaning = "The rule is none of the sentences that can stand under "
		   "`rows`, or its comparison does not suit the column's kind.",
	.right = "      - birth before 2008-01-01\n",
	.wrong = "      - birth under 5\n",
	.remedy = "Dates: `before`, `on or after`. Numbers: `under`, `at "
		  "least`. All: `is`, `is not`, `one of (a, b)`. Ages: "
		  "`age(birth) at least 18`."},
    {.code = "E116",
	.title = "guardrail without effect",
	.meaning = "A guardrail under `never` has no condition, or one that "
		   "can never hold. It looks like a protection and is none.",
	.right = "    dataset: bank/*\n",
	.wrong = "    dataset: bonk/*\n",
	.remedy = "Name something that is there."},
    {.code = "E117",
	.title = "bad date",
	.meaning = "A day is YYYY-MM-DD and in the calendar, a year has four "
		   "digits, and an agreement does not end before it begins.",
	.right = "    until: 2027-03-31\n",
	.wrong = "    until: 2027-02-29\n",
	.remedy = "Correct the day."},
    {.code = "E118",
	.title = "table",
	.meaning = "The file behind `group` cannot be read, lies outside of "
		   "the policy's folder, or is not a CSV of two columns under "
		   "one line of headers, each value once.",
	.right = "group icd.csv",
	.wrong = "group ../icd.csv",
	.remedy = "Put the file beside or below the policy, and give its path "
		  "from there."},
    {.code = "E119",
	.title = "encryption",
	.meaning = "`encrypt: age` and `recipients` go together, and a "
		   "recipient is a public key of age (age1…), at most 16 of "
		   "them.",
	.right = "    encrypt: age\n",
	.wrong = "    encrypt: tls\n",
	.remedy = "Give both or neither. Copy the key whole, as age-keygen "
		  "prints it behind `public key:`."},
    {.code = "E120",
	.title = "format",
	.meaning = "The format of the files is not known from the end of the "
		   "origin, or `format` does not suit it or the columns.",
	.right = "file:///data/bank/*.csv",
	.wrong = "file:///data/bank/*",
	.remedy = "Add `format: csv`, `format: tsv` or `format: jsonl`, or a "
		  "map as in policy/README.md."},
    {.code = "E121",
	.title = "larger than a mill takes (4 MiB with its tables, 40 KiB "
		 "without)",
	.meaning = "What the agreement compiles to is more than one process "
		   "that reads the files takes: too many columns, pseudonyms, "
		   "long names or lists of values.",
	.right = "      merchant: plain text\n",
	.wrong = "      merchant:\n"
		 "        is: plain text\n"
		 "        values:\n"
		 "          - a company with a long name, number #\n",
	.remedy = "Deliver fewer columns by one agreement; put long lists into "
		  "a table.",
	.repeat = 3000},
    {.code = "E122",
	.title = "emergency, or list of erased subjects",
	.meaning = "Names are shown in an emergency on the premises only, for "
		   "a week at most, and looked at again within 5 days. A list "
		   "of erased subjects is compared by the kind of its column.",
	.right = "never:\n",
	.wrong = "emergency:\n"
		 "  - id: treat\n"
		 "    who: trainers\n"
		 "    dataset: hospital/patients\n"
		 "    columns: [mrn]\n"
		 "    purpose: readmission\n"
		 "    places: virginia\n"
		 "    approvers: fraud-team\n"
		 "    expires-after: 24 hours\n"
		 "never:\n",
	.remedy = "Name places that have `on-premises: yes`, and shorter "
		  "times; name a column of the list that has a kind."},
    {.code = "E123",
	.title = "test that cannot be",
	.meaning = "A test expects what the policy cannot give: an answer that "
		   "is none, or a column that the agreement drops or "
		   "delivers whatever the row is.",
	.right = "never:\n",
	.wrong = "tests:\n"
		 "  - name: trainers see codes\n"
		 "    ask: {who: trainers, read: readmission}\n"
		 "    row: {mrn: A-1}\n"
		 "    get: {mrn: A-1}\n"
		 "never:\n",
	.remedy = "Expect a map of columns, `no row`, `denied` or `denied by "
		  "GUARDRAIL`; a column that is not delivered is `dropped`."},
    {.code = "E124",
	.title = "signers",
	.meaning = "A signer needs a public key of his own that `ssh-keygen "
		   "-Y` can sign with; and each controller needs as many "
		   "signers as `changes` asks for, as nobody could change the "
		   "policy otherwise.",
	.right = "people:\n",
	.wrong = "signers:\n"
		 "  anna: {of: clinic, key: ssh-rsa AAAAB3Nz}\n"
		 "people:\n",
	.remedy = "Copy the line of the .pub file: ssh-ed25519, "
		  "ecdsa-sha2-nistp256, or one of them on a security key."},
    {.code = "E125",
	.title = "guardrail that can be evaded",
	.meaning =
	    "A guardrail is against some people, and who reads need not show "
	    "that he is one of them: he keeps the certificate, key or token "
	    "back that would show it, and is let through by the rest.",
	.right = "never:\n",
	.wrong = "never:\n"
		 "  - id: no-fraud-team\n"
		 "    say: Who hunts fraud does not read about patients\n"
		 "    who: guests\n",
	.remedy = "Let who reads be proved by that kind of evidence too, so "
		  "that there is one certificate, key or token, and it tells; "
		  "let the agreement's places ask for a certificate; or prove "
		  "the others by what is shown anyway."},
    {.code = "E126",
	.title = "places that a certificate keeps apart",
	.meaning =
	    "Somebody can be at two places, and would be denied for it. One "
	    "asks for a certificate, and the other does not: who keeps the "
	    "certificate back is at the other alone, and reads there by an "
	    "agreement that lets people read who need show none.",
	.right = "  virginia: {",
	.wrong = "  cluster: {country: DE, operator: Cloud, seen-as: "
		 "198.51.100.7/32, certificate: spiffe://bank/cluster}\n"
		 "  virginia: {",
	.remedy = "Let the networks of the two not overlap, let both ask "
		  "for a certificate, or let all who read at the other be "
		  "proved by one."},
};
const size_t help_pages_num_shape =
    sizeof(help_pages_shape) / sizeof(help_pages_shape[0]);
