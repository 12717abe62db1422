# What there is to do with this repository; `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint bench fuzz autobahn e2e e2e-browser e2e-console bench-console packages site build

help: ## What there is to do
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: ## Build and start the server on this machine, with a token to try it (ARGS="--listen …")
	@.ci/need build
	@.ci/console
	@.ci/need speech || echo "Starting without speech to text: all else works." >&2
	cargo run --quiet --locked --bin quintet -- serve --dev $(ARGS)

build: ## The release build: target/release/quintet
	@.ci/need build
	@.ci/console
	cargo build --locked --release -p server

test: ## Install what the tests need, and run all of them
	@.ci/test

lint: ## Format, lints, the repository's rules, documentation
	@.ci/lint

e2e: ## Public client libraries against the server
	@.ci/need build e2e samples
	@.ci/e2e

packages: ## The TypeScript packages against the server
	@.ci/need build e2e
	@.ci/packages

site: ## The documentation as a static site: packages/site/dist
	@.ci/need build
	@.ci/site

e2e-browser: ## A page in a headless Chromium against the server
	@.ci/need build browser
	@.ci/e2e-browser

e2e-console: ## The console in a headless Chromium: several people, over kills of the server
	@.ci/e2e-console

bench: ## The server's measurements, about 15 minutes (docs/benchmarks.md)
	@.ci/need build
	cargo build --locked --release -p server -p bench
	"$$(cargo metadata --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')/release/bench" all

bench-console: ## The console measured in a headless Chromium, about 8 minutes
	@.ci/bench-console

fuzz: ## Each fuzz target for a minute (SECONDS_EACH=60)
	@.ci/need build
	@.ci/fuzz $(or $(SECONDS_EACH),60)

autobahn: ## The Autobahn fuzzing client against the echo example (AUTOBAHN_PYTHON names a CPython 2.7)
	@.ci/need build
	@.ci/autobahn
