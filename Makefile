# make            both programs, at build/release/bin/
# make run        install what is missing, build, measure the sample API on loopback
# make test       install what is missing, build, run every test (T=name: one of them)
# make asan       the tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make tsan       the tests under ThreadSanitizer
# make lint       format, clang-tidy, who may include whom, no mutable global state, shell scripts
# make bench      CPU per request of both programs beside what is cheapest, and the open loop's lag
# make fuzz       any bytes against the parsers: each of tests/fuzz for FUZZ_SECONDS=10 (T=name: one)
# make deps       find what is missing and install it with apt, or print the line to run (FOR=build: only
#                 what building needs; test, lint, bench, fuzz, images)
# make install    both programs, to $(DESTDIR)$(PREFIX)/bin, PREFIX being /usr/local
# make images     both container images, with docker, podman or buildah (TAG=latest REGISTRY=)
# make images-check   both built with buildah, and an attack of the one against the other (as root)
# make deploy     images of Artifact Registry into the cluster of kubectl's context: PROJECT= REGION= TAG=
# make undeploy   remove them, and everything that came with them
# make pin        digests in place of versions for the step images of cloudbuild.yaml
# make clean      remove build/
# make help       this text
#
# Variables: BUILD=release|asan|tsan|fuzz, T=test name, WERROR=1, V=1 (show commands), CC, CFLAGS, LDFLAGS,
# COMMIT and DATE (of -version; from git when it is there).

BUILD ?= release
PREFIX ?= /usr/local
INSTALL ?= install
B := build/$(BUILD)
Q := $(if $(V),,@)

FLAGS_release := -O2 -g
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# clang looks into OpenSSL's macros for casts, gcc does not.
FLAGS_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
              -fsanitize=fuzzer-no-link -Wno-cast-qual
FLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wcast-qual -Wwrite-strings -Wundef -Wconversion -Wno-sign-conversion \
            $(if $(WERROR),-Werror)
ALL_CPPFLAGS = -I. -isystem /usr/share/include -D_GNU_SOURCE $(CPPFLAGS)
ALL_CFLAGS := -std=c17 -pthread $(WARNINGS) $(FLAGS_$(BUILD)) $(CFLAGS)
ALL_LDFLAGS := -pthread $(FLAGS_$(BUILD)) $(LDFLAGS)

COMMIT := $(or $(shell git describe --always --dirty 2>/dev/null),unknown)
DATE := $(or $(shell git log -1 --format=%cs 2>/dev/null),unknown)

# Who links what. Every .c of a folder belongs to its program; llhttp comes as source from Debian.
LLHTTP := $(wildcard /usr/share/llhttp/*.c)
COMMON := $(wildcard common/*.c)
TARGET_API := $(wildcard target-api/*.c)
LOADGEN := $(wildcard loadgen/*.c loadgen/*/*.c loadgen/*/*.S)
UNIT := $(wildcard tests/unit/*.c)
SUPPORT := $(wildcard tests/support/*.c)
BENCH := $(wildcard tests/bench/*.c)
FUZZ := $(wildcard tests/fuzz/*.c)
SOURCES := $(COMMON) $(TARGET_API) $(LOADGEN) $(UNIT) $(SUPPORT) $(BENCH) $(FUZZ)
HEADERS := $(wildcard common/*.h target-api/*.h loadgen/*/*.h tests/*/*.h)

obj = $(patsubst %,$(B)/obj/%.o,$(basename $(1)))
PROGRAMS := $(B)/bin/target-api $(B)/bin/loadgen
TOOLS := $(patsubst tests/bench/%.c,$(B)/bin/%,$(BENCH))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/bin/%,$(FUZZ))

.PHONY: all run test asan tsan fuzz fuzzers lint bench deps install install-target-api install-loadgen images images-check deploy undeploy pin clean help
all: $(PROGRAMS) $(B)/bin/vegeta

# Each installs what it needs. Recursion into this same file: what was installed is looked for when it
# is read.
run:
	$(Q)tests/deps.sh $(PACKAGES_build) curl
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BIN=$(B)/bin tests/run.sh

test:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_test)
	$(Q)$(MAKE) --no-print-directory all $(B)/bin/unit $(B)/bin/fault.so
	$(Q)BIN=$(B)/bin tests/test.sh $(T)

asan tsan:
	$(Q)$(MAKE) --no-print-directory BUILD=$@ test

fuzz:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_fuzz)
	$(Q)$(MAKE) --no-print-directory BUILD=fuzz CC=clang fuzzers
	$(Q)BIN=build/fuzz/bin tests/fuzz/fuzz.sh $(T)

fuzzers: $(FUZZERS)

lint:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_test) $(PACKAGES_lint)
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/lint/lint.sh

bench:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_bench)
	$(Q)$(MAKE) --no-print-directory all $(TOOLS)
	$(Q)status=0; export BIN=$(B)/bin; for part in bench target results; do \
		tests/bench/$$part.sh || status=1; echo; done; exit $$status

# What is needed, and for what; README.md says why each.
PACKAGES_test := check curl python3 chromium chromium-driver python3-jsonschema python3-yaml python3-fastapi python3-uvicorn python3-h2 nginx apache2-bin nodejs npm dnsmasq-base nghttp2-proxy tinyproxy openssl
PACKAGES_build := gcc make pkg-config libmicrohttpd-dev libjansson-dev libcurl4-openssl-dev libnghttp2-dev libssl-dev libsqlite3-dev node-llhttp zlib1g-dev libc-ares-dev libjs-dygraphs
PACKAGES_lint := clang-format clang-tidy shellcheck
PACKAGES_bench := curl openssl nginx python3 python3-uvicorn python3-fastapi wrk hey nghttp2-client siege gunicorn
PACKAGES_fuzz := clang libclang-rt-14-dev
PACKAGES_images := buildah debootstrap iproute2 python3 curl
PACKAGES := $(PACKAGES_build) $(PACKAGES_test) $(PACKAGES_lint) $(PACKAGES_bench) $(PACKAGES_fuzz) $(PACKAGES_images)
deps:
	$(Q)tests/deps.sh $(if $(FOR),$(PACKAGES_$(FOR)),$(PACKAGES))

install: install-target-api install-loadgen
install-target-api install-loadgen: install-%: $(B)/bin/%
	$(Q)$(INSTALL) -D $< $(DESTDIR)$(PREFIX)/bin/$*
	$(Q)$(if $(filter loadgen,$*),ln -sf loadgen $(DESTDIR)$(PREFIX)/bin/vegeta)

images:
	$(Q)COMMIT=$(COMMIT) DATE=$(DATE) docker/build.sh

images-check:
	$(Q)tests/deps.sh $(PACKAGES_images)
	$(Q)COMMIT=$(COMMIT) DATE=$(DATE) tests/images/check.sh

deploy undeploy pin:
	$(Q)k8s/$@.sh

clean:
	rm -rf build

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

$(B)/bin/target-api: $(call obj,$(TARGET_API) $(COMMON))
$(B)/bin/target-api: LIBS := -lmicrohttpd -ljansson -lsqlite3 -lm
$(B)/bin/loadgen: $(call obj,$(LOADGEN) $(COMMON) $(LLHTTP))
$(B)/bin/loadgen: LIBS := -lmicrohttpd -ljansson -lcurl -lnghttp2 -lssl -lcrypto -lz -lcares -lm
$(B)/bin/unit: $(call obj,$(UNIT) $(SUPPORT) $(COMMON) $(filter-out %/main.c,$(TARGET_API) $(LOADGEN)) $(LLHTTP))
$(B)/bin/unit: LIBS := -lcheck -lsubunit -lrt -lmicrohttpd -ljansson -lsqlite3 -lcurl -lnghttp2 -lssl -lcrypto -lz -lcares -lm
$(B)/bin/bare_mhd: LIBS := -lmicrohttpd
$(TOOLS): $(B)/bin/%: $(B)/obj/tests/bench/%.o
$(FUZZERS): $(B)/bin/%: $(B)/obj/tests/fuzz/%.o $(call obj,$(COMMON))
$(FUZZERS): LIBS := -fsanitize=fuzzer -lmicrohttpd -ljansson -lsqlite3 -lcurl -lnghttp2 -lssl -lcrypto -lz -lcares -lm
$(B)/bin/fuzz_target_api: $(call obj,$(filter-out %/main.c,$(TARGET_API)))
$(filter-out %/fuzz_target_api,$(FUZZERS)): $(call obj,$(filter-out %/main.c,$(LOADGEN)) $(LLHTTP) tests/support/read_back.c tests/support/round_trip.c)

$(PROGRAMS) $(B)/bin/unit $(TOOLS) $(FUZZERS):
	@mkdir -p $(@D)
	@echo "LINK $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Preloaded by tests/faults, into programs with and without sanitizers: never with one itself. To take a
# function's place is not pedantic C.
$(B)/bin/fault.so: tests/faults/fault.c
	@mkdir -p $(@D)
	@echo "LINK $@"
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE $(filter-out -Wpedantic,$(WARNINGS)) -O1 -g -fPIC -ftls-model=initial-exec -shared -o $@ $<

# The scripts of vegeta's users find what they call.
$(B)/bin/vegeta: $(B)/bin/loadgen
	$(Q)ln -sf loadgen $@

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.S $(B)/flags
	@mkdir -p $(@D)
	@echo "AS $<"
	$(Q)$(CC) $(ALL_CPPFLAGS) -c -o $@ $<
$(B)/obj/loadgen/plot/assets.o: $(wildcard loadgen/plot/*.html loadgen/plot/*.css loadgen/plot/*.js) $(patsubst %,/usr/share/javascript/dygraphs/dygraph.min.%,css js)

# Not our source: built without our warnings.
$(B)/obj//usr/share/llhttp/%.o: /usr/share/llhttp/%.c $(B)/flags
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) -isystem /usr/share/include/llhttp -std=c17 -w $(FLAGS_$(BUILD)) -c -o $@ $<

# Written anew only when their content changes, so that a change rebuilds what it must and no more.
$(shell mkdir -p $(B); \
	printf '%s\n' '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $(B)/flags || \
	printf '%s\n' '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' >$(B)/flags; \
	echo '$(COMMIT) $(DATE)' | cmp -s - $(B)/commit || echo '$(COMMIT) $(DATE)' >$(B)/commit)
$(B)/obj/common/version.o: $(B)/commit
$(B)/obj/common/version.o: CPPFLAGS += -DHEADROOM_COMMIT='"$(COMMIT)"' -DHEADROOM_DATE='"$(DATE)"'

-include $(patsubst %.o,%.d,$(call obj,$(SOURCES)))
