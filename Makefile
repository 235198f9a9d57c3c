# Komoku. `make run` and `make test` are all that a fresh Debian machine with Swift needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PREFIX ?= /usr/local
DEBUG := .build
RELEASE := .build-release
SWIFT ?= swift
# With Swift's runtime in the binaries: they run on a machine without Swift, and take some 5 MB of memory less.
RELEASE_BUILD := $(SWIFT) build -c release --static-swift-stdlib --scratch-path $(RELEASE)

BUILD_PACKAGES := libcrypt-dev libmosquitto-dev libpcre2-dev libsqlite3-dev libyaml-dev pkg-config zlib1g-dev
RUN_PACKAGES := $(BUILD_PACKAGES) mosquitto mosquitto-clients curl libjs-chart.js
TEST_PACKAGES := $(RUN_PACKAGES) sqlite3 openssl python3 man-db procps prometheus nginx-light python3-venv chromium fonts-dejavu-core node-typescript
BENCH_PACKAGES := $(TEST_PACKAGES) gcc wrk collectd-core prometheus-node-exporter

.PHONY: help run test web web-tools peers deep soak fuzz sanitize build lint format install uninstall bench clean simulate packages-run packages-test packages-bench

help:
	@echo 'make run      build, then run the hub: on config=FILE, else on a simulated house with a private broker'
	@echo 'make test     everything: units, real Mosquitto, the real daemon; lint'
	@echo 'make web      the page in a browser; make test runs a part of it'
	@echo 'make soak     20,000 power cuts; see docs/reliability.md'
	@echo 'make simulate rules in 1,000 random houses, killed at every moment; see docs/testing.md'
	@echo 'make peers    real clients: MCP, schemathesis, protocol 3 from Python'
	@echo 'make deep     peers, web, simulate, fuzz, sanitize'
	@echo 'make sanitize the tests with the thread sanitizer'
	@echo 'make lint     style, import directions, folders that need each other'
	@echo 'make format   rewrite the sources in the agreed style'
	@echo 'make bench    measure; see Benchmarks/README.md'
	@echo 'make install  release build into PREFIX=$(PREFIX), unit file, man pages, completions'

# Installs the Debian packages that are missing, and says so.
define need
@missing=''; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then \
  sudo=''; [ "$$(id -u)" = 0 ] || sudo=sudo; \
  echo "Installing the Debian packages that are missing:$$missing"; \
  case "$$missing" in *' mosquitto '*|*' mosquitto') echo "Debian starts the broker's service on 127.0.0.1:1883; nothing here uses it.";; esac; \
  case "$$missing" in *' prometheus '*|*' prometheus') echo "Debian starts Prometheus's service on port 9090; nothing here uses it.";; esac; \
  case "$$missing" in *' nginx-light '*|*' nginx-light') echo "Debian starts the service of nginx on port 80; nothing here uses it.";; esac; \
  $$sudo apt-get update -q > /dev/null; \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing > /dev/null; \
fi
endef

packages-run:
	$(call need,$(RUN_PACKAGES))
packages-test:
	$(call need,$(TEST_PACKAGES))
packages-bench:
	$(call need,$(BENCH_PACKAGES))

# `make run config=FILE` runs on that; without it on the installed configuration, or else on the simulated house.
config ?= $(wildcard /etc/komoku/komoku.yaml)
run: packages-run
	$(SWIFT) build --scratch-path $(DEBUG) --product komokud
	$(SWIFT) build --scratch-path $(DEBUG) --product komoku
	$(SWIFT) build --scratch-path $(DEBUG) --product komoku-demo-house
	@exec config/run-demo $(DEBUG)/debug $(config)

build: packages-run
	$(RELEASE_BUILD) --product komokud
	$(RELEASE_BUILD) --product komoku

test: packages-test
	$(SWIFT) build --scratch-path $(DEBUG) --build-tests
	Tests/in-two-lanes $(DEBUG)/debug
	@if $(MAKE) --no-print-directory web-tools; then $(MAKE) --no-print-directory web args='test_frame. test_house.'; \
	else echo 'LEFT OUT: the tests in a browser, because Playwright could not be had from PyPI.'; fi
	$(MAKE) --no-print-directory lint

# The page: types, and every view in Debian's Chromium against a real hub. `make web args='--files house'` reads the page from the
# sources and runs what has that in its name.
web: packages-test web-tools
	tsc -p Tests/Web
	node --test Tests/Web/*.test.mjs > /dev/null || node --test Tests/Web/*.test.mjs
	for product in komokud komoku komoku-demo-house; do $(SWIFT) build --scratch-path $(DEBUG) --product $$product; done
	$(DEBUG)/web/bin/python Tests/Web/run $(DEBUG)/debug $(args)

web-tools:
	@test -x $(DEBUG)/web/bin/playwright || { python3 -m venv $(DEBUG)/web && $(DEBUG)/web/bin/pip install -q -r Tests/Web/requirements.txt; }

# Power cuts at 20,000 moments; results belong in docs/reliability.md. KOMOKU_SEED=n repeats a run's workload.
soak: packages-test
	KOMOKU_SOAK=$${KOMOKU_SOAK:-20000} $(SWIFT) test --scratch-path $(DEBUG) --no-parallel --filter SoakPowerCutTests

	$(MAKE) --no-print-directory fuzz

# Mutants of everything that comes from outside, hours of them; see docs/testing.md. KOMOKU_SEED=n runs one seed.
fuzz: packages-test
	KOMOKU_SOAK=$${KOMOKU_SOAK:-20000} $(SWIFT) test --scratch-path $(DEBUG) --no-parallel --filter FuzzTests

# 1,000 random houses with rules, some 25 minutes. KOMOKU_SEED=251-500 runs those.
simulate: packages-test
	KOMOKU_SOAK=$${KOMOKU_SOAK:-1000} $(SWIFT) test --scratch-path $(DEBUG) --no-parallel --filter Simulation

# Real clients from PyPI, in a venv of their own.
peers: packages-test
	$(SWIFT) build --scratch-path $(DEBUG) --product komokud
	$(SWIFT) build --scratch-path $(DEBUG) --product komoku
	test $(DEBUG)/peers/done -nt Tests/peers/requirements.txt || { python3 -m venv $(DEBUG)/peers && $(DEBUG)/peers/bin/pip install -q -r Tests/peers/requirements.txt && touch $(DEBUG)/peers/done; }
	Tests/peers/run $(DEBUG)/debug $(DEBUG)/peers

# What takes too long for each change: the peers, the whole page, the simulation, mutants, the thread sanitizer.
deep: peers web simulate fuzz sanitize

# The same tests with the thread sanitizer; takes its own build.
sanitize: packages-test
	$(SWIFT) build --scratch-path .build-sanitize --sanitize thread --build-tests
	$(SWIFT) test --scratch-path .build-sanitize --sanitize thread --skip-build --no-parallel

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Benchmarks Package.swift
	Tests/check-imports

format:
	$(SWIFT) format --in-place --recursive Sources Tests Benchmarks Package.swift

bench: packages-bench
	$(RELEASE_BUILD) --product komokud
	$(RELEASE_BUILD) --product komoku-bench-store
	$(RELEASE_BUILD) --product komoku-bench-rules
	$(RELEASE_BUILD) --product komoku-bench-puts
	$(RELEASE_BUILD) --product komoku
	KOMOKUD=$(CURDIR)/$(RELEASE)/release/komokud python3 Benchmarks/bench.py $(args)

# What `make build` left is installed as it is, so that `sudo make install` needs no Swift in root's path; where there is nothing
# yet it is built, if that is possible. A package is made with DESTDIR: then no user is made and nothing is given to one.
install:
	@if [ ! -x $(RELEASE)/release/komokud ] || [ ! -x $(RELEASE)/release/komoku ]; then \
	  command -v $(SWIFT) > /dev/null || { echo 'Nothing is built, and there is no Swift in this path: run "make build" first, as yourself, then "sudo make install".' >&2; exit 1; }; \
	  $(MAKE) --no-print-directory build; \
	fi
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" != 0 ]; then echo 'This writes to $(PREFIX) and /etc and makes the user komoku: run "sudo make install".' >&2; exit 1; fi
	install -D -s -m 755 $(RELEASE)/release/komokud $(DESTDIR)$(PREFIX)/bin/komokud
	install -D -s -m 755 $(RELEASE)/release/komoku $(DESTDIR)$(PREFIX)/bin/komoku
	install -D -m 644 docs/man/komokud.8 $(DESTDIR)$(PREFIX)/share/man/man8/komokud.8
	install -D -m 644 docs/man/komoku.1 $(DESTDIR)$(PREFIX)/share/man/man1/komoku.1
	install -D -m 644 docs/man/komoku.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5/komoku.yaml.5
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(RELEASE)/release/komoku --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/komoku
	$(RELEASE)/release/komoku --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_komoku
	$(RELEASE)/release/komoku --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/komoku.fish
	install -d $(DESTDIR)/etc/systemd/system
	sed 's,/usr/local/bin,$(PREFIX)/bin,' systemd/komokud.service > $(DESTDIR)/etc/systemd/system/komokud.service
	sed 's,/usr/local/bin,$(PREFIX)/bin,' systemd/komoku-agent.service > $(DESTDIR)/etc/systemd/system/komoku-agent.service
	install -d -m 750 $(DESTDIR)/etc/komoku
	[ -e $(DESTDIR)/etc/komoku/komoku.yaml ] || install -m 640 config/komoku.yaml $(DESTDIR)/etc/komoku/komoku.yaml
	@if [ -z '$(DESTDIR)' ]; then config/give-to-komoku; fi

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/komokud $(DESTDIR)$(PREFIX)/bin/komoku $(DESTDIR)/etc/systemd/system/komokud.service $(DESTDIR)/etc/systemd/system/komoku-agent.service
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/komokud.8 $(DESTDIR)$(PREFIX)/share/man/man1/komoku.1 $(DESTDIR)$(PREFIX)/share/man/man5/komoku.yaml.5
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/komoku $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_komoku $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/komoku.fish

clean:
	rm -rf $(DEBUG) $(RELEASE) .build-sanitize
