# Every target sets up what it needs (scripts/setup.sh) and then does one thing. `make help` lists them.

CARGO ?= cargo
# How long `make demo` runs, and `make fuzz` each of its targets.
SECONDS ?= 30

.DEFAULT_GOAL := help
# No target is a file: all that help lists.
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Check the tools that a build and the tests need; as root on Debian, install what is missing
	@scripts/setup.sh test

demo: build ## See it work: everything in one process, on made-up events (SECONDS=30)
	target/release/sluice demo --seconds $(SECONDS)

build: ## Build the optimised binary, target/release/sluice
	@scripts/setup.sh build
	SLUICE_COMMIT=$$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown) $(CARGO) build --locked --release --bin sluice

test: ## Run all tests: unit, property, snapshot, command line, house, and those on a real Kafka
	@scripts/setup.sh test
	$(CARGO) test --locked --no-fail-fast

fuzz: ## Every fuzz target under libFuzzer for SECONDS=30 each
	@scripts/setup.sh build
	scripts/fuzz.sh $(SECONDS)

fuzz-smoke: ## Every fuzz target for 8 seconds or 100,000 inputs on stable Rust, from one seed
	@scripts/setup.sh build
	SLUICE_FUZZ_SECONDS=8 SLUICE_FUZZ_INPUTS=100000 $(CARGO) test --locked --test tests fuzz::

image: build ## The image from target/release/sluice, with its bill of materials, into target/sluice-image.tar (buildah)
	scripts/image.sh target/sluice-image.tar

sbom: ## The bill of materials (CycloneDX) of what the binary is built from, target/sluice.cdx.json
	@scripts/setup.sh build
	scripts/sbom.py target/sluice.cdx.json

test-page: build ## The status page in headless Chromium, and `sluice top`; renews the pictures in docs/ with UPDATE=1
	tests/watch/page.sh

test-dashboard: build ## Every query of the dashboard, asked of a Prometheus that scrapes a service on a real Kafka
	tests/watch/dashboard.sh

test-chart: build ## The Helm chart: every case of values, alerts with promtool, its README (needs Go; builds helm once)
	tests/helm/run.sh

test-k8s: build ## The chart on a real Kubernetes with a real Kafka (root, Debian, Go; the first run builds Kubernetes)
	tests/kubernetes/run.sh

check: fmt clippy doc deny house ## Everything that must be clean before a commit, but for the tests

fmt: ## The format of all sources
	$(CARGO) fmt --check

clippy: ## Lints of all targets, without any warning
	@scripts/setup.sh build
	$(CARGO) clippy --locked --quiet --all-targets -- -D warnings

doc: ## The documentation builds, without any warning
	@scripts/setup.sh build
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --quiet --no-deps --document-private-items

deny: ## Licences, sources and bans of all dependencies, and advisories where their database can be fetched (cargo-deny)
	@scripts/setup.sh deny
	@scripts/deny.sh

house: ## The rules of this house: imports, file sizes, and that the documents tell the truth
	@scripts/setup.sh build
	$(CARGO) test --locked --quiet --test tests house::

bench: ## Time of the engine per event (criterion)
	@scripts/setup.sh build
	$(CARGO) bench --locked --bench engine

bench-instructions: ## Instructions of the hot path against their baseline (valgrind; skipped without it)
	@scripts/setup.sh build
	$(CARGO) bench --locked --bench instructions

bench-signals: ## Time per event of signals with a million accounts in state, and bytes per account
	@scripts/setup.sh build
	$(CARGO) bench --locked --bench signals -- events

bench-restore: ## How fast the state of accounts comes back from its changelog, apart from the broker
	@scripts/setup.sh build
	$(CARGO) bench --locked --bench signals -- restore

bench-restart: ACCOUNTS = 1000000
bench-restart: ## How long a killed process takes to be ready again with its accounts, on a real Kafka (ACCOUNTS=1000000)
	@scripts/setup.sh test
	SLUICE_E2E_RESTART=$(ACCOUNTS) $(CARGO) bench --locked --bench e2e

bench-e2e: ## CPU per million events through a real Kafka, next to a bare pass-through
	@scripts/setup.sh test
	$(CARGO) bench --locked --bench e2e

bench-record: ## Times of the engine and of signals, added to docs/benchmarks.csv with CPU and commit (on a calm machine)
	@scripts/setup.sh build
	@scripts/bench-record.sh

chaos: SECONDS = 180
chaos: ## Everything goes wrong on three real brokers, nothing is lost, doubled or told (SECONDS=180 SEED=… by the clock)
	@scripts/setup.sh chaos
	SLUICE_CHAOS_SECONDS=$(SECONDS) SLUICE_CHAOS_SEED=$(SEED) $(CARGO) bench --locked --profile dev --bench chaos

bench-peers: ## The same next to Kafka Streams, Redpanda Connect's engine, Vector's language and Python, with latencies (needs Go, Maven, a JDK, Python; about an hour)
	@scripts/setup.sh peers
	@scripts/build-peers.sh
	SLUICE_E2E_ONLY=$${SLUICE_E2E_ONLY:-all} SLUICE_E2E_RATES=$${SLUICE_E2E_RATES:-50000,100000} $(CARGO) bench --locked --bench e2e

soak: SECONDS = 1800
soak: ## Half an hour at four fifths of what it can do, with flat memory (SECONDS=1800)
	@scripts/setup.sh test
	SLUICE_E2E_SOAK=$(SECONDS) $(CARGO) bench --locked --bench e2e
