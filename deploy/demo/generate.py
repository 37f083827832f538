#!/usr/bin/python3
"""generate.py FOLDER [ROWS]: a made-up hospital and a made-up bank.

Writes FOLDER/hospital/{patients,encounters,notes} and FOLDER/bank/cards as
CSV files. Nobody in them exists. The same arguments give the same bytes, on
every machine: everything comes from one seeded generator, and "today" is a
constant. ROWS is the number of patients (default 50,000); the other tables
follow from it.

The shapes are those that make de-identification hard: people over 89, ZIP
codes of places where few live, notes that repeat names and numbers, quotes,
commas and newlines inside fields, missing and impossible values, and people
who said no.
"""
import csv
import os
import random
import sys
from datetime import date, timedelta

SEED = 20261123
TODAY = date(2026, 11, 1)

FIRST_F = """Mary Patricia Linda Barbara Elizabeth Jennifer Maria Susan Margaret
Dorothy Lisa Nancy Karen Betty Helen Sandra Donna Carol Ruth Sharon Michelle
Laura Sarah Kimberly Deborah Jessica Shirley Cynthia Angela Melissa Brenda Amy
Anna Rebecca Virginia Kathleen Pamela Martha Debra Amanda Stephanie Carolyn
Christine Rosa Esperanza Nguyet Aisha Priya Zofia Ingrid""".split()
FIRST_M = """James John Robert Michael William David Richard Charles Joseph
Thomas Christopher Daniel Paul Mark Donald George Kenneth Steven Edward Brian
Ronald Anthony Kevin Jason Matthew Gary Timothy Jose Larry Jeffrey Frank Scott
Eric Stephen Andrew Raymond Gregory Joshua Jerry Dennis Walter Patrick Peter
Harold Douglas Luis Omar Hiroshi Piotr Lars""".split()
LAST = """Smith Johnson Williams Jones Brown Davis Miller Wilson Moore Taylor
Anderson Thomas Jackson White Harris Martin Thompson Garcia Martinez Robinson
Clark Rodriguez Lewis Lee Walker Hall Allen Young Hernandez King Wright Lopez
Hill Scott Green Adams Baker Gonzalez Nelson Carter Mitchell Perez Roberts
Turner Phillips Campbell Parker Evans Edwards Collins Stewart Sanchez Morris
Rogers Reed Cook Morgan Bell Murphy Bailey Rivera Cooper Richardson Cox Howard
Ward Torres Peterson Gray Ramirez James Watson Brooks Kelly Sanders Price
Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson
Hughes Flores Washington Butler Simmons Foster Bryant Alexander Russell Griffin
Diaz Hayes O'Brien O'Connor Kowalski Nguyen Patel Nakamura Lindqvist""".split()
FIRST_DE = """Anna Emma Mia Hannah Sofia Lea Marie Lena Clara Ida Frieda Greta
Ursula Renate Monika Petra Sabine Heike Birgit Anke Paul Jonas Ben Leon Felix
Lukas Max Moritz Emil Anton Karl Wolfgang Jürgen Klaus Dieter Uwe Bernd Stefan
Thomas Matthias Ayşe Mehmet Björn Søren""".split()
LAST_DE = """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz
Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz
Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier
Lehmann Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang
Scholz Möller Weiß Jung Hahn Vogel Yıldız Öztürk""".split()

# ICD-10 with how often each is seen, in thousandths.
DIAGNOSES = (("I50.9", 94), ("I21.4", 61), ("I48.91", 72), ("I10", 118),
             ("I63.9", 45), ("J18.9", 83), ("J44.1", 77), ("J45.909", 38),
             ("E11.9", 97), ("E11.65", 41), ("N17.9", 52), ("N18.6", 29),
             ("A41.9", 58), ("K57.32", 24), ("K80.20", 27), ("S72.001A", 31),
             ("C34.90", 16), ("C50.919", 14), ("C61", 11), ("F32.9", 33),
             ("F20.9", 9), ("G30.9", 22), ("M16.11", 26), ("O80", 35),
             ("Z38.00", 34), ("B20", 3))
DEPARTMENTS = (("cardiology", 23), ("pulmonology", 14), ("oncology", 9),
               ("nephrology", 8), ("orthopaedics", 11), ("obstetrics", 7),
               ("psychiatry", 5), ("emergency", 23))
# ZIP prefixes: Chicago and around, some far away, and prefixes of places
# with 20,000 people or fewer (036, 059, 102, 203, 556, 692, 821, 878, 893).
PREFIXES = (("606", 420), ("600", 130), ("601", 120), ("604", 110),
            ("605", 90), ("463", 50), ("530", 30), ("537", 10), ("100", 10),
            ("902", 8), ("036", 4), ("059", 4), ("102", 2), ("203", 2),
            ("556", 3), ("692", 3), ("821", 2), ("878", 1), ("893", 1))
CONSENT = (("yes", 640), ("Yes", 40), ("y", 20), ("1", 5), ("no", 230),
           ("No", 10), ("", 40), ("NA", 10), ("revoked 2025", 5))
MERCHANTS = (("REWE Markt GmbH", 200), ("EDEKA Nord", 180), ("Lidl", 170),
             ("Deutsche Bahn", 90), ("Shell 4711", 80), ("Apotheke am Markt", 60),
             ("IKEA Altona", 40), ("Zalando SE", 60), ("Amazon EU S.a.r.l.", 110),
             ("Bäckerei Junge", 70), ('Kneipe "Zum Anker"', 20),
             ("Möller, Söhne & Co. KG", 15), ("Steam Games", 20),
             ("Casino Royal Online", 5), ("QuickCrypto Ltd", 4),
             ("Reisebüro Fernweh", 12))
RISKY = {"Steam Games": 6, "Casino Royal Online": 40, "QuickCrypto Ltd": 60}
NOTES = (
    "{name} seen on ward {ward}, stable, plan: discharge to home.",
    'Patient states: "I have not slept", pain {pain}/10, call {phone}.',
    "Family of {name} called from {phone};\nwants a second opinion.\nDr. {doctor}",
    "{name} ({mrn}) reports chest pain, relieved by rest, no dyspnoea.",
    "Follow-up in {weeks} weeks, letter to {email}.",
    'Allergies: penicillin, "sulfa".\n\nLives alone, {age} years old.',
    "Seen by Dr. {doctor}. {name} lives at {number} Oak Street, ZIP {zip}.",
    "No complaints.",
)

# Rows that the demo points at: an ordinary patient, one of 96 years from a
# place where few live, one who said no, one whose note has everything in it.
SHOWCASE = (
    ("Ann Lee", "1961-03-09", "60614", "F", "I50.9", "2026-02-11", 6, "yes", "no",
     "Ann Lee seen on ward 4, stable, plan: discharge to home."),
    ("Walter Kowalski", "1930-06-21", "05901", "M", "J44.1", "2026-02-12", 11,
     "yes", "yes", 'Patient states: "I have not slept", pain 6/10.'),
    ("Rosa Diaz", "1975-12-30", "60622", "F", "C50.919", "2026-02-12", 3, "no",
     "no", "Does not want her data used for research."),
    ("John O'Brien", "1954-08-17", "60007", "M", "I21.4", "2026-02-13", 5, "yes",
     "yes", 'Family called;\nwants a second opinion, "today".\nDr. Patel'),
)


class Draw:
    """Weighted draws from a table of (value, weight)."""

    def __init__(self, rng, table):
        self.values = [value for value, _ in table]
        self.rng = rng
        total, self.edges = 0, []
        for _, weight in table:
            total += weight
            self.edges.append(total)

    def many(self, count):
        return self.rng.choices(self.values, cum_weights=self.edges, k=count)


def pick(rng, items):
    return items[int(rng.random() * len(items))]


def digits(rng, count):
    return str(int(rng.random() * 10 ** count)).zfill(count)


def ascii_only(name):
    table = str.maketrans("äöüßşıığøÖ", "aouSsiigoO")
    return "".join(c for c in name.translate(table) if c.isascii()
                   and c.isalnum()).lower()


def birth(rng):
    """Hospital ages: some newborn, most old, three in a hundred over 89."""
    if rng.random() < 0.06:
        years = rng.random() * 2
    else:
        years = rng.triangular(2, 103, 72)
    return TODAY - timedelta(days=int(years * 365.25))


def iban(rng, country):
    """Valid check digits by ISO 13616: 98 minus the rest modulo 97."""
    if country == "DE":
        bban = pick(rng, ("20050550", "10010010", "37040044", "70150000"))
        bban += digits(rng, 10)
    else:
        bban = pick(rng, ("20111", "32000", "12000")) + digits(rng, 11)
    number = bban + "".join(str(ord(c) - 55) for c in country) + "00"
    return f"{country}{98 - int(number) % 97:02d}{bban}"


def write(folder, parts, header, rows):
    """Spreads rows over files; one of them with CRLF, as Windows tools do."""
    os.makedirs(folder, exist_ok=True)
    size = -(-len(rows) // len(parts))
    for index, part in enumerate(parts):
        end = "\r\n" if index == len(parts) - 1 and index else "\n"
        path = os.path.join(folder, part + ".csv")
        with open(path, "w", encoding="utf-8", newline="") as out:
            sheet = csv.writer(out, lineterminator=end)
            sheet.writerow(header)
            sheet.writerows(rows[index * size:(index + 1) * size])


def patients(rng, count):
    names = {"F": FIRST_F, "M": FIRST_M}
    diagnoses = Draw(rng, DIAGNOSES).many(count)
    prefixes = Draw(rng, PREFIXES).many(count)
    consents = Draw(rng, CONSENT).many(count)
    rows = []
    for i in range(count):
        sex = "F" if rng.random() < 0.53 else "M"
        name = pick(rng, names[sex]) + " " + pick(rng, LAST)
        born = birth(rng)
        admitted = TODAY - timedelta(days=int(rng.random() * 1035))
        admitted = max(admitted, born)
        nights = int(rng.expovariate(1 / 4.2))
        zipcode = prefixes[i] + digits(rng, 2)
        chance = rng.random()
        if chance < 0.03:
            zipcode = ""
        elif chance < 0.08:
            zipcode += "-" + digits(rng, 4)
        readmitted = "yes" if rng.random() < 0.09 + nights * 0.01 else "no"
        row = [name, born.isoformat(), zipcode, sex, diagnoses[i],
               admitted.isoformat(), nights, consents[i], readmitted, None]
        chance = rng.random()
        if chance < 0.01:
            row[1] = "NA"
        elif chance < 0.011:
            row[1] = "1949-02-30"
        if rng.random() < 0.004:
            row[3] = "X"
        if i < len(SHOWCASE):
            row = list(SHOWCASE[i])
        rows.append(finish_patient(rng, i, row))
    return rows


def finish_patient(rng, index, row):
    name, born, zipcode, sex, code, admitted, nights, consent, again, note = row
    mrn = f"A-{104 + index * 7 + int(rng.random() * 7):07d}"
    phone = f"({pick(rng, ('312', '773', '847', '630'))}) 555-{digits(rng, 4)}"
    email = ""
    if rng.random() < 0.82:
        email = "{}.{}@{}".format(*(ascii_only(p) for p in name.split()[:2]),
                                  pick(rng, ("example.com", "mail.example")))
    age = 2026 - int(born[:4]) if born[:1].isdigit() else ""
    if note is None:
        note = pick(rng, NOTES).format(
            name=name, ward=1 + int(rng.random() * 12), phone=phone, mrn=mrn,
            pain=int(rng.random() * 11), doctor=pick(rng, LAST),
            weeks=1 + int(rng.random() * 8), age=age, email=email,
            number=1 + int(rng.random() * 4000), zip=zipcode)
    return [mrn, name, born, age, zipcode, sex, code, phone, email, admitted,
            nights, note, consent, again]


def encounters(rng, people):
    count = len(people) * 6 // 5
    departments = Draw(rng, DEPARTMENTS).many(count)
    codes = Draw(rng, DIAGNOSES).many(count)
    rows = []
    for i in range(count):
        person = pick(rng, people)
        start = TODAY - timedelta(days=int(rng.random() * 1035))
        nights = int(rng.expovariate(1 / 3.1))
        cost = round(rng.lognormvariate(8.1, 0.8) + nights * 1900, 2)
        rows.append([f"E{i + 500001}", person[0], start.isoformat(),
                     departments[i], codes[i], nights, f"{cost:.2f}",
                     "yes" if rng.random() < 0.11 else "no", person[12]])
    return rows


def notes(rng, people):
    rows = []
    for i in range(len(people) // 5):
        person = pick(rng, people)
        written = TODAY - timedelta(days=int(rng.random() * 1035))
        kind = pick(rng, ("progress", "discharge", "nursing", "psychotherapy"))
        text = person[11] + "\n" + pick(rng, NOTES).format(
            name=person[1], ward=3, phone=person[7], mrn=person[0],
            pain=int(rng.random() * 11), doctor=pick(rng, LAST), weeks=2,
            age=person[3], email=person[8], number=12, zip=person[4])
        rows.append([f"N{i + 1}", person[0], written.isoformat(),
                     "Dr. " + pick(rng, LAST), kind, text, person[12]])
    return rows


def customers(rng, count):
    out = []
    for _ in range(count):
        first, last = pick(rng, FIRST_DE), pick(rng, LAST_DE)
        country = "AT" if rng.random() < 0.04 else "DE"
        born = TODAY - timedelta(days=int(rng.triangular(18, 97, 41) * 365.25))
        code = pick(rng, ("20", "21", "22", "10", "12", "24", "80", "50", "04"))
        code += digits(rng, 3)
        email = f"{ascii_only(first)}.{ascii_only(last)}@post.example"
        objected = "yes" if rng.random() < 0.07 else "no"
        if rng.random() < 0.01:
            objected = ""
        out.append([iban(rng, country), f"{first} {last}",
                    email if rng.random() < 0.9 else "", born.isoformat(),
                    code if rng.random() < 0.98 else "", objected])
    return out


def cards(rng, count):
    people = customers(rng, max(count // 5, 1))
    merchants = Draw(rng, MERCHANTS).many(count)
    rows = []
    for i in range(count):
        # The first five belong to five customers, for the demo to show.
        person = people[i] if i < 5 and i < len(people) else pick(rng, people)
        account, name, email, born, postcode, objected = person
        risk = 0.002 * RISKY.get(merchants[i], 1)
        fraud = rng.random() < risk
        amount = rng.lognormvariate(5.4 if fraud else 3.3, 0.9)
        when = 1735689600 + int(rng.random() * 57000000)
        minutes = when // 60
        day = date(1970, 1, 1) + timedelta(days=minutes // 1440)
        clock = f"{minutes % 1440 // 60:02d}:{minutes % 60:02d}:{when % 60:02d}"
        rows.append([account, name, email, born, postcode, f"{day}T{clock}Z",
                     f"{amount:.2f}", merchants[i], objected,
                     "1" if fraud else "0"])
    return rows


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.split("\n", maxsplit=1)[0])
    root = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) == 3 else 50000
    rng = random.Random(SEED)
    quarters = ("2026-q1", "2026-q2", "2026-q3", "2026-q4")
    people = patients(rng, count)
    write(os.path.join(root, "hospital/patients"), quarters,
          "mrn name birth_date age zip sex diagnosis phone email admitted "
          "nights note research readmitted".split(), people)
    write(os.path.join(root, "hospital/encounters"), quarters[:3],
          "encounter mrn admitted department diagnosis nights cost icu "
          "research".split(), encounters(rng, people))
    write(os.path.join(root, "hospital/notes"), ("2025", "2026"),
          "note_id mrn written author kind text research".split(),
          notes(rng, people))
    write(os.path.join(root, "bank/cards"), quarters,
          "iban holder email birth postcode at amount merchant objected "
          "is_fraud".split(), cards(rng, count * 6 // 5))


if __name__ == "__main__":
    main()
