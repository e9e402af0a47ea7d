# hakube. `make help` lists what there is.
SHELL := /bin/bash
# Which release demo and bundle take: empty for Debian's 1.20.2, which needs nothing but a Debian mirror; with internet
# KUBERNETES=v1.36.4 or any other.
KUBERNETES :=
BUNDLE := .build/kube-$(or $(KUBERNETES),v1.20.2)-linux-amd64.tar.zst

.DEFAULT_GOAL := help
.PHONY: help setup build test test-all test-guardian demo bundle bench bench-init bench-bundle bench-docs ha-docs lint format golden lab-up lab-down lab-kill lab-ssh clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what hakube is built and tested with
	@scripts/setup.sh

build: setup ## the three programs, into .build/release
	swift build -c release --product hakube
	swift build -c release --product hakube-guardian
	scripts/courier.sh .build/release/hakube-courier

test: lint build lab-ready bundle ## lint, unit tests, loopback sshd, a real cluster in the lab
	@scripts/test.sh $(BUNDLE)

# Reaches the prerequisites as well: the same tests, and those that take minutes.
test-all: export HAKUBE_LAB_TESTS := all
test-all: test ## everything `make test` runs, and what takes longer
	@scripts/test-guardian.sh
	@scripts/bench.sh $(BUNDLE)
	@scripts/bench-bundle.sh

test-guardian: build ## every fault the guardian is for, in a guest with a real IPVS kernel and virtual time
	@scripts/test-guardian.sh

demo: build lab-ready bundle ## a real cluster, 3 masters and 2 workers, on this machine; KUBERNETES=v1.36.4 with internet
	@scripts/demo.sh $(BUNDLE)

bundle: build ## the offline bundle of offline-bundle/debian, or of KUBERNETES=v1.36.4; cached between runs
	@scripts/bundle.sh $(BUNDLE) $(KUBERNETES)

bench: build bundle ## push, relay, resume, commands beside scp, ssh, ansible: ROUNDS=5, CASES=relay,slow for some of them
	swift build -c release --product hakube-bench-run
	@python3 -B -m bench --rounds $(or $(ROUNDS),5) --bundle $(BUNDLE) $(if $(CASES),--cases $(CASES))

bench-docs: ## put what was measured last into docs/performance.md
	@python3 -B -m bench --update-docs

ha-docs: ## put the drills of the strategy tests into docs/ha.md
	@python3 -B -m bench.drills

bench-init: build lab-ready bundle ## hakube init beside plain kubeadm, one after another, medians of 3
	@scripts/bench.sh $(BUNDLE)

bench-bundle: build bundle ## speed and memory of pack, verify and inspect on a bundle of 1500 MB
	@scripts/bench-bundle.sh

lint: setup ## formatting, file length, names
	@scripts/lint.sh

format: ## let swift-format mend what it can
	swift format --in-place --parallel --recursive Package.swift Sources Tests templates

golden: ## record the golden files anew; the tests fail once, so that you look at them
	-HAKUBE_RECORD=1 swift test --filter Golden
	git status --short Tests

.PHONY: lab-ready
lab-ready:
	@lab/lab.sh setup

lab-up: lab-ready ## start the lab's hosts, or power on those that are off
	@lab/lab.sh up

lab-kill: ## power cut: make lab-kill HOST=master1
	@lab/lab.sh kill $(HOST)

lab-ssh: ## a shell on a host: make lab-ssh HOST=master1
	@lab/lab.sh ssh $(HOST)

lab-down: ## stop the lab's hosts and throw their disks away
	@lab/lab.sh down

clean: ## remove what was built here
	rm -rf .build
