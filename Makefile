# What there is to do here; each target is one command of tools/ or of go.
# Variables: ARGS for run, BENCH and BENCH_PACKAGES for bench, FAULTS for
# faults, FUZZTIME for the fuzz targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BENCH ?= .
BENCH_PACKAGES ?= $(shell tools/modules)
FAULTS ?= .

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

.PHONY: run
run: ## the reference server with demo mail and a demo CRM; ARGS='-addr 127.0.0.1:8080'
	@go run ./examples/server -demo $(ARGS)

.PHONY: test
test: ## installs what the tests need (Debian, root or sudo), then all tests of both modules
	@tools/debian install
	@tools/test -timeout 8m

.PHONY: lint
lint: ## gofumpt, golangci-lint with the floors, govulncheck
	@tools/lint

.PHONY: fmt
fmt: ## formats all Go files
	@go run mvdan.cc/gofumpt@v0.12.0 -l -w .

.PHONY: bench
bench: ## benchmarks, one line each as `go test -bench` prints them
	@tools/debian install
	@go test -tags bench -run '^$$' -bench '$(BENCH)' -benchmem -count 1 -p 1 -timeout 60m $(BENCH_PACKAGES)
	@cd mailcrm/internal/mimemail/beside && GOWORK=off go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 10m .

.PHONY: faults
faults: ## the whole fault matrix and a minute of each fuzz target; hours
	@tools/debian install
	@tools/test -tags faults -run '$(FAULTS)' -count 1 -p 1 -timeout 4h
	@tools/fuzz

.PHONY: race
race: ## all tests under the race detector; needs a C compiler
	@command -v "$$(go env CC)" >/dev/null || { echo 'make race: the race detector needs cgo and a C compiler: apt-get install gcc libc6-dev' >&2; exit 2; }
	@tools/debian install
	@CGO_ENABLED=1 tools/test -race -timeout 30m
