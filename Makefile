# make            build both programs, in build/release/bin/
# make run        install missing packages, build, measure the sample API on loopback, find its capacity
# make test       install missing packages, build, run all tests (T="name name": only these)
# make test-capacity  check the capacity search on known capacities, as root on an idle machine, up to 75 minutes
#                 (T="quick-0.5-1000 five": only these; SMOKE=1: a few short ones, for CI)
# make test-compare   check `loadgen compare` on a known difference, as root on an idle machine, about 45 minutes
#                 (SMOKE=1: shorter, and wrong numbers are no failure)
# make test-judge check the verdict on the generator N=10 times, alone and beside two busy loops (as root)
# make asan       run the tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make tsan       run the tests under ThreadSanitizer
# make lint       check format, clang-tidy, layers, circles, globals, flags, exits, headers, shell, docs
# make bench      measure CPU per request of both programs compared with others, the open loop's lag, users, what
#                 watching a test costs, and what a thousand workers cost (PART=scale: only this, or bench,
#                 target, users, results, serve)
# make fuzz       run each fuzzer of tests/fuzz for FUZZ_SECONDS (default 10; T=name: only this; FUZZ_SEED)
# make deps       install missing packages with apt, or print the command (FOR=build, test, lint, bench,
#                 fuzz or images: only those; default all)
# make install    install both programs in $(DESTDIR)$(PREFIX)/bin (default PREFIX=/usr/local)
# make images     build both container images with docker, podman or buildah (TAG=latest REGISTRY=)
# make images-check   build both with buildah, and run an attack between them (as root)
# make deploy     deploy images from Artifact Registry with kubectl: PROJECT= REGION= TAG=
#                 (COMPONENTS=big-generator: a generator of four CPUs)
#                 (COMPONENTS=capacity-job: a Job that searches for the capacity)
#                 (COMPONENTS=scenario: a pod that runs the users of a scenario)
#                 (OVERLAY=scenario: this overlay of k8s/overlays, or a folder; then PROJECT= REGION= TAG=
#                 may be left out)
#                 (OVERLAY=distributed: a controller, a broker and workers)
# make fetch-report   wait for that Job, copy its result to build/report (TO= NAMESPACE=headroom WAIT=3600)
# make undeploy   delete the deployment
# make pin        replace the versions of cloudbuild.yaml's step images with digests
# make clean      remove build/
# make help       print this text
#
# Variables: BUILD=release, asan, tsan or fuzz; JOBS=tests at a time; V=1 shows commands; WERROR=1; CC,
# CFLAGS, LDFLAGS; COMMIT and DATE, shown by -version (default: from git).

BUILD ?= release
PREFIX ?= /usr/local
INSTALL ?= install
B := build/$(BUILD)
Q := $(if $(V),,@)

FLAGS_release := -O2 -g
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# clang warns of casts inside OpenSSL's macros, gcc does not.
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

# Every .c of a folder belongs to its program. Debian ships llhttp as source; only fuzz_answer.c uses it.
LLHTTP := $(wildcard /usr/share/llhttp/*.c)
COMMON := $(wildcard common/*.c common/*/*.c)
TARGET_API := $(wildcard target-api/*.c target-api/*/*.c)
LOADGEN := $(wildcard loadgen/*.c loadgen/*/*.c loadgen/*/*/*.c loadgen/*/*/*/*.c loadgen/*/*/*.S)
UNIT := $(wildcard tests/unit/*.c tests/unit/*/*.c)
SUPPORT := $(wildcard tests/support/*.c)
BENCH := $(wildcard tests/bench/*.c)
FUZZ := $(wildcard tests/fuzz/*.c)
SIMULATED := $(wildcard tests/cluster/*.c)
SOURCES := $(COMMON) $(TARGET_API) $(LOADGEN) $(UNIT) $(SUPPORT) $(BENCH) $(FUZZ) $(SIMULATED)

obj = $(patsubst %,$(B)/obj/%.o,$(basename $(1)))
PROGRAMS := $(B)/bin/target-api $(B)/bin/loadgen
TOOLS := $(patsubst tests/bench/%.c,$(B)/bin/%,$(BENCH))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/bin/%,$(FUZZ))

.PHONY: all run test test-capacity test-compare test-judge asan tsan fuzz fuzzers lint bench deps install install-target-api install-loadgen images images-check deploy undeploy fetch-report pin clean help
all: $(PROGRAMS) $(B)/bin/vegeta

# Builds use all CPUs unless make was given its own -j.
ON_ALL_CPUS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# Each target first installs its packages. The recursive make then finds them, as wildcards are expanded
# when this file is read.
run:
	$(Q)tests/deps.sh $(PACKAGES_build) curl
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) all
	$(Q)BIN=$(B)/bin tests/run.sh

test:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_test)
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) all $(B)/bin/unit $(B)/bin/fault.so $(B)/bin/count.so $(B)/bin/bare_server $(B)/bin/bare_client $(B)/bin/many_workers
	$(Q)BIN=$(B)/bin $(foreach v,JOBS JUDGE_TIMES LONG SANITIZER,$(if $($v),$v=$($v))) tests/test.sh $(T)

test-capacity:
	$(Q)tests/deps.sh $(PACKAGES_build) python3 nats-server
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) all
	$(Q)BIN=$(B)/bin python3 tests/capacity/run.py $(if $(SMOKE),-smoke) $(T)

test-compare:
	$(Q)tests/deps.sh $(PACKAGES_build) python3
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BIN=$(B)/bin python3 tests/capacity/compare.py $(if $(SMOKE),-smoke)

test-judge:
	$(Q)tests/deps.sh $(PACKAGES_build) python3
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) all
	$(Q)status=0; for beside in "" -beside; do \
		BIN=$(B)/bin python3 tests/judge/run.py -n $(or $(N),10) $$beside || status=$$?; done; exit $$status

asan tsan:
	$(Q)$(MAKE) --no-print-directory BUILD=$@ SANITIZER=$@ test

fuzz:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_fuzz)
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) BUILD=fuzz CC=clang fuzzers
	$(Q)BIN=build/fuzz/bin tests/fuzz/fuzz.sh $(T)

fuzzers: $(FUZZERS)

lint:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_test) $(PACKAGES_lint)
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) all
	$(Q)tests/lint/lint.sh

bench:
	$(Q)tests/deps.sh $(PACKAGES_build) $(PACKAGES_bench)
	$(Q)$(MAKE) --no-print-directory $(ON_ALL_CPUS) all $(TOOLS) $(B)/bin/many_workers
	$(Q)status=0; export BIN=$(B)/bin; for part in $(or $(PART),bench target users results serve scale); do \
		tests/bench/$$part.sh || status=1; echo; done; exit $$status

# docs/dependencies.md has the reason for each.
PACKAGES_test := check curl python3 chromium chromium-driver python3-jsonschema python3-yaml python3-fastapi python3-uvicorn python3-h2 nginx apache2-bin nodejs npm dnsmasq-base nghttp2-proxy tinyproxy openssl nats-server
PACKAGES_build := gcc make pkg-config libmicrohttpd-dev libjansson-dev libcurl4-openssl-dev libnghttp2-dev libssl-dev libsqlite3-dev zlib1g-dev libc-ares-dev libidn2-dev liblua5.4-dev libnats-dev libjs-dygraphs
PACKAGES_lint := clang-format clang-tidy shellcheck
PACKAGES_bench := curl openssl nginx nats-server python3 python3-uvicorn python3-fastapi wrk hey nghttp2-client siege gunicorn python3-locust
PACKAGES_fuzz := node-llhttp clang libclang-rt-14-dev
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

deploy undeploy fetch-report pin:
	$(Q)k8s/$@.sh

clean:
	rm -rf build

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

LOADGEN_LIBS := -lmicrohttpd -ljansson -lsqlite3 -lcurl -lnghttp2 -lssl -lcrypto -lz -lcares -lidn2 -llua5.4 -lnats -lm
$(B)/bin/target-api: $(call obj,$(TARGET_API) $(COMMON))
$(B)/bin/target-api: LIBS := -lmicrohttpd -ljansson -lsqlite3 -lm
$(B)/bin/loadgen: $(call obj,$(LOADGEN) $(COMMON))
$(B)/bin/loadgen: LIBS := $(LOADGEN_LIBS)
$(B)/bin/unit: $(call obj,$(UNIT) $(SUPPORT) $(COMMON) $(filter-out %/main.c,$(TARGET_API) $(LOADGEN)))
$(B)/bin/unit: LIBS := -lcheck -lsubunit -lrt $(LOADGEN_LIBS)
# Workers without what sends requests; tests/cluster/part.c replaces it.
$(B)/bin/many_workers: $(call obj,$(SIMULATED) $(COMMON) $(filter-out %/main.c %/worker/part.c,$(LOADGEN)))
$(B)/bin/many_workers: LIBS := $(LOADGEN_LIBS)
$(B)/bin/bare_mhd: LIBS := -lmicrohttpd
$(TOOLS): $(B)/bin/%: $(B)/obj/tests/bench/%.o
$(FUZZERS): $(B)/bin/%: $(B)/obj/tests/fuzz/%.o $(call obj,$(COMMON))
$(FUZZERS): LIBS := -fsanitize=fuzzer $(LOADGEN_LIBS)
$(B)/bin/fuzz_target_api: $(call obj,$(filter-out %/main.c,$(TARGET_API)))
$(B)/bin/fuzz_answer: $(call obj,$(LLHTTP))
$(filter-out %/fuzz_target_api,$(FUZZERS)): $(call obj,$(filter-out %/main.c,$(LOADGEN)) tests/support/read_back.c tests/support/round_trip.c tests/support/wire_copy.c)

$(PROGRAMS) $(B)/bin/unit $(B)/bin/many_workers $(TOOLS) $(FUZZERS):
	@mkdir -p $(@D)
	@echo "LINK $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Preloaded into programs with and without sanitizers (tests/faults, tests/e2e), so never built with one.
# Interposing functions is not pedantic C.
$(B)/bin/fault.so $(B)/bin/count.so: $(B)/bin/%.so: tests/faults/%.c
	@mkdir -p $(@D)
	@echo "LINK $@"
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE $(filter-out -Wpedantic,$(WARNINGS)) -O1 -g -fPIC -ftls-model=initial-exec -shared -o $@ $<

# Lets existing scripts call vegeta.
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
$(B)/obj/loadgen/plot/assets/assets.o: $(filter-out %.S %.h,$(wildcard loadgen/plot/assets/*)) $(patsubst %,/usr/share/javascript/dygraphs/dygraph.min.%,css js)
$(B)/obj/loadgen/web/page/assets.o: $(filter-out %.c %.S %.h,$(wildcard loadgen/web/page/*))

# Third-party source: built without warnings.
$(B)/obj//usr/share/llhttp/%.o: /usr/share/llhttp/%.c $(B)/flags
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) -isystem /usr/share/include/llhttp -std=c17 -w $(FLAGS_$(BUILD)) -c -o $@ $<

# Written only when their content changes, so that a change of flags or commit rebuilds what depends on it.
$(shell mkdir -p $(B); \
	printf '%s\n' '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $(B)/flags || \
	printf '%s\n' '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' >$(B)/flags; \
	echo '$(COMMIT) $(DATE)' | cmp -s - $(B)/commit || echo '$(COMMIT) $(DATE)' >$(B)/commit)
$(B)/obj/common/version.o: $(B)/commit
$(B)/obj/common/version.o: CPPFLAGS += -DHEADROOM_COMMIT='"$(COMMIT)"' -DHEADROOM_DATE='"$(DATE)"'

-include $(patsubst %.o,%.d,$(call obj,$(SOURCES)))
