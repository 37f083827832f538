# Gatehouse. `make demo` shows it, `make check` tests it; see README.md.
#
#   make [VARIANT=release|debug|asan|fuzz|coverage] all demo run check lint bench
#        coverage fuzz torture soak install clean
#
# Every .c goes into one archive, but for the file of each role that bears its
# name. A role is that file and what it refers to; tests/lint/roles.sh looks at what that is.

SHELL    := /bin/bash
VARIANT  ?= release
B        := build/$(VARIANT)
PREFIX   ?= /usr/local
VERSION  := 0.1.0
export PATH := /usr/bin:/bin:/usr/sbin:/sbin

LLHTTP   := $(or $(GATEHOUSE_LLHTTP),/usr/share/llhttp)
LLHTTP_H := $(or $(GATEHOUSE_LLHTTP_H),/usr/share/include/llhttp)

ROLES    := supervisor loader keeper auditor opener worker mill policyc console \
              rootfile rootpkcs11 rootvault codebook verifier
MAINS    := gateway/tool/main.c $(foreach r,$(ROLES),gateway/$(r)/$(r).c)
LIB_C    := $(wildcard crypto/*.c crypto/*/*.c policy/*.c policy/*/*.c) \
              $(filter-out $(MAINS),$(wildcard gateway/*/*.c))
LLHTTP_O := $(addprefix $(B)/llhttp/,api.o http.o llhttp.o)
UNIT_C   := $(wildcard tests/unit/unit_*.c)
FUZZ_C   := $(wildcard tests/fuzz/fuzz_*.c)
HELP_C   := $(wildcard tests/harness/*.c)
PROG_C   := $(wildcard tests/programs/*.c)
SHIM_C   := $(wildcard tests/preload/*.c)

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
  -Wcast-qual -Wcast-align -Wstrict-prototypes -Wmissing-prototypes \
  -Wpointer-arith -Wvla -Wundef -Wformat=2 -Wswitch-enum \
  -Wimplicit-fallthrough -Wwrite-strings -Wnull-dereference -Werror
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection \
  -fcf-protection -fno-strict-aliasing -U_FORTIFY_SOURCE
GCC_ONLY := -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr \
  -flto=auto -ffat-lto-objects
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=all

OPT_release  := -O2 -g -D_FORTIFY_SOURCE=3 $(GCC_ONLY)
OPT_debug    := -O0 -g -DGATEHOUSE_DEBUG=1
OPT_asan     := -O1 -g -fno-omit-frame-pointer $(SAN) -DGATEHOUSE_SANITIZED=1
OPT_fuzz     := $(OPT_asan) -fsanitize=fuzzer-no-link
OPT_coverage := -O0 -g --coverage -fprofile-update=atomic
OPT      := $(or $(OPT_$(VARIANT)), \
              $(error VARIANT is release, debug, asan, fuzz or coverage))
CC       := $(if $(filter fuzz,$(VARIANT)),clang,gcc)
# The compiler may be replaced (CC=clang) to see what another one says.
ifneq ($(origin CC),file)
  OPT    := $(filter-out $(GCC_ONLY),$(OPT))
endif
CFLAGS   := -std=c17 -D_GNU_SOURCE -I. -I$(LLHTTP_H) -MMD -MP $(WARN) \
            $(HARDEN) $(OPT) -DGATEHOUSE_VERSION='"$(VERSION)"' \
            -ffile-prefix-map=$(CURDIR)=. -include tests/lint/banned.h \
            $(EXTRA_CFLAGS)
# What ships is optimized as a whole. Tests link the same objects one by one,
# which is quicker; so does `apart`, where a name that is inlined still shows.
APART    := $(if $(filter -flto%,$(OPT)),-fno-lto)
WHOLE    := $(if $(APART),$(filter-out -D%,$(OPT)) $(HARDEN))
LDFLAGS  := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed \
            $(filter -fsanitize=address% --coverage,$(OPT))
LIBS     := -lssl -lcrypto -lsodium -lyaml -lseccomp -lcjson -lz -lzstd -lsqlite3 \
            -lpq -lpthread

LIBEXEC  := $(B)/libexec/gatehouse
ROLE_BIN := $(foreach r,$(ROLES),$(if $(wildcard gateway/$(r)/$(r).c), \
              $(LIBEXEC)/gatehouse-$(r)))
TOOL     := $(if $(wildcard gateway/tool/main.c),$(B)/bin/gatehouse)
UNITS    := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_C))
PROGS    := $(patsubst tests/programs/%.c,$(B)/tests/%,$(PROG_C))
SHIMS    := $(patsubst tests/preload/%.c,$(B)/tests/%.so,$(SHIM_C))
REPLAYS  := $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(FUZZ_C))
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-2s  %s\n' $(1) $(2))
objects   = $(patsubst %.c,$(B)/obj/%.o,$(1))

.PHONY: all build tests units fuzzers apart deps demo run check coverage \
        lint bench fuzz torture soak install flags clean
.SECONDARY:
all: deps
	@$(MAKE) --no-print-directory build
build: $(TOOL) $(ROLE_BIN)
	@mkdir -p build; ln -sfn release/bin build/bin; ln -sfn release/libexec build/libexec
tests: build $(UNITS) $(PROGS) $(SHIMS) $(REPLAYS)
units: $(UNITS) $(REPLAYS)
fuzzers: $(REPLAYS)
apart: $(subst $(LIBEXEC),$(B)/apart,$(ROLE_BIN))

deps:
	@tests/harness/deps.sh build

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
$(B)/llhttp/%.o: $(LLHTTP)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=c17 -I$(LLHTTP_H) -DLLHTTP_STRICT_MODE=1 $(HARDEN) $(OPT) -w \
	    -c $< -o $@
$(B)/libgatehouse.a: $(call objects,$(LIB_C)) $(LLHTTP_O)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(if $(APART),gcc-ar,ar) rcs $@ $^

.SECONDEXPANSION:
$(LIBEXEC)/gatehouse-%: $$(B)/obj/gateway/$$*/$$*.o $(B)/libgatehouse.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE) $(LDFLAGS) -o $@ $^ $(LIBS)
	@chmod 755 $@ # each role runs as a user of its own, under any umask
$(B)/apart/gatehouse-%: $$(B)/obj/gateway/$$*/$$*.o $(B)/libgatehouse.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(APART) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bin/gatehouse: $(B)/obj/gateway/tool/main.o $(B)/libgatehouse.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(WHOLE) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/unit_%: $(B)/obj/tests/unit/unit_%.o \
    $(call objects,$(HELP_C)) $(B)/libgatehouse.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(APART) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)
$(B)/tests/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o \
    $(B)/obj/tests/harness/$(if $(filter fuzz,$(VARIANT)),fuzz/rooms,replay/main).o \
    $(B)/libgatehouse.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(APART) $(LDFLAGS) $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer) \
	    -o $@ $^ $(LIBS)
%/gatehouse %/gatehouse-rootvault: LIBS += -lcurl # they talk to others' servers
# What stands between a program and its system calls; by itself, unsanitized.
$(B)/tests/%.so: $(B)/obj/tests/preload/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-z,relro,-z,now,-z,noexecstack -o $@ $<
# What stands in the place of malloc runs before its sanitizer does.
$(B)/obj/tests/harness/failalloc.o $(B)/obj/tests/harness/fuzz/%.o: CFLAGS += -fno-sanitize=all
$(B)/obj/tests/preload/%.o: CFLAGS += -fPIC -U_FORTIFY_SOURCE -fno-sanitize=all
$(B)/tests/%: $(B)/obj/tests/programs/%.o \
    $(addprefix $(B)/obj/tests/harness/,auditorbox.o hostile.o \
    hostile_sweep.o inbox.o) \
    $(B)/libgatehouse.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(APART) $(LDFLAGS) -o $@ $^ $(LIBS)

demo:
	@tests/harness/deps.sh demo
	@$(MAKE) --no-print-directory -j$$(nproc) build
	@deploy/demo/demo.sh
run:
	@tests/harness/deps.sh demo
	@$(MAKE) --no-print-directory -j$$(nproc) build
	@deploy/demo/demo.sh --stay
check:
	@tests/harness/deps.sh check
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=asan tests
	@tests/harness/check.sh
coverage:
	@tests/harness/deps.sh coverage
	@$(MAKE) --no-print-directory -j$$(nproc) build
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=coverage units
	@tests/harness/coverage.sh
lint:
	@tests/harness/deps.sh lint
	@tests/lint/lint.sh
bench:
	@tests/harness/deps.sh bench
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	@tests/bench/bench.sh && tests/bench/ledger.sh && tests/bench/codes.sh && \
	    tests/bench/forms.sh && $(B)/tests/bench_decide
fuzz:
	@tests/harness/deps.sh lint
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=fuzz fuzzers
	@tests/fuzz/run.sh
torture:
	@tests/harness/deps.sh torture
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	@tests/torture/run.sh
soak: # 1 GB, then four minutes; SOAK_BIG=1 is 10 GB, SOAK_HOURS=24 a day
	@tests/harness/deps.sh check
	@$(MAKE) --no-print-directory -j$$(nproc) build
	@tests/torture/soak.sh
	@tests/torture/mixture.sh
install: all
	install -d $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(PREFIX)/libexec/gatehouse
	install -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(ROLE_BIN) $(DESTDIR)$(PREFIX)/libexec/gatehouse/
flags: # what the lints compile with; without the dependency files
	@: $(info $(filter-out -M%,$(CFLAGS)))
clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
