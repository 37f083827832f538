# shellcheck shell=bash
# lib.sh: what the policies of the benchmarks share. Sourced.
#
#	bench_policy FOLDER DATASET     all above the dataset's columns, whose
#	                                files are FOLDER/*.csv
#	bench_agreement ID DATASET      all above the agreement's columns

bench_policy() {
	cat <<-YAML
	policy: {name: bench, format: 1, time-zone: UTC}
	parties:
	  clinic: {name: Clinic, country: DE, role: controller, contact: x@y.example}
	  lab: {name: Lab, country: DE, role: processor, contact: x@y.example}
	people:
	  trainers:
	    - access-key: BENCH01
	places:
	  here: {country: DE, operator: here, seen-as: [127.0.0.1/32]}
	purposes:
	  study: {say: A study, gdpr: legitimate-interests, assessment: LIA-1}
	datasets:
	  $2:
	    controller: clinic
	    about: patients
	    origin: file://$1/*.csv
	    protect: gdpr-pseudonymous@1
	YAML
}

bench_agreement() {
	cat <<-YAML
	  - id: $1
	    who: trainers
	    recipient: lab
	    contract: C-1
	    dataset: $2
	    purpose: study
	    places: [here]
	    until: $(date -d '+1 year' +%F)
	YAML
}
