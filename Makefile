# Every command of the project; `make` alone lists them. All of them can be run again and again.
LAB ?= lab
SCENARIO ?=
BIN := .venv/bin
COLLECTION := .cache/collections/ansible_collections/privatechat/platform
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
# Whatever a tool keeps for later goes where `make clean` finds it.
export XDG_CACHE_HOME := $(CURDIR)/.cache
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pycache
# Ansible starts a process for each task on each host: compiled modules save a tenth of a run.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo destroy test test-all bench house unit render awx lint docs-lint docs sanity importer changelog build venv lock clean

help: ## this screen
	@echo "privatechat.platform: make TARGET"
	@echo
	@sed -nE 's/^([a-z][a-z-]*):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
	@echo
	@echo "  LAB=lab          the inventory below inventories/ that demo and destroy use"
	@echo "  SCENARIO=redis   the one scenario that test runs"

demo: venv ## deploy the platform on test nodes, prove that people can talk, print a summary
	@$(BIN)/python tools/demo $(LAB)

destroy: venv ## remove the demo's nodes with their secrets; what was downloaded is kept
	@$(BIN)/python tools/demo --destroy $(LAB)

test: venv ## the core of everything; make test SCENARIO=redis runs one scenario
	@$(BIN)/python tools/run_tests $(if $(SCENARIO),--scenario $(SCENARIO))

test-all: venv ## every test there is, on Debian 12 as well
	@$(BIN)/python tools/run_tests --all

bench: venv ## measure deployment, a run that changes nothing, a role beside its peer, messages per second
	@$(BIN)/python tools/bench

house: venv ## the rules of the repository (seconds)
	@$(BIN)/pytest -q tests/house

unit: venv ## filters, modules and clients (seconds)
	@$(BIN)/pytest -q tests/unit

render: venv ## templates through the real parsers (seconds)
	@$(BIN)/pytest -q tests/render

awx: venv ## every playbook as a job of AWX, and what AWX is told (a minute or two)
	@$(BIN)/pytest -q tests/awx

lint: venv ## ruff, mypy, yamllint, ansible-lint
	@tools/release/lint

docs-lint: venv ## documentation of plugins and roles, generated tables and picture, changelog
	@tools/release/docs_lint

docs: venv ## build the site of the documentation, in .cache/docs/html
	@tools/release/docs

sanity: venv ## ansible-test sanity
	@tools/release/sanity

importer: venv ## import the built collection the way Galaxy does
	@tools/release/importer

changelog: venv ## write the fragments of changelogs/fragments into CHANGELOG.md, for the version in galaxy.yml
	@$(BIN)/antsibull-changelog release --update-existing --reload-plugins

build: venv ## the collection's artefact, in .cache/artefact
	@tools/release/build

venv: $(BIN)/.requirements $(COLLECTION) ## the Python environment, in .venv

$(BIN)/.requirements: requirements.txt tools/make_venv
	@tools/make_venv
	@touch $@

$(COLLECTION):
	@mkdir -p $(@D)
	@ln -sfn $(CURDIR) $@

lock: venv ## resolve requirements.in and the chat server's dependencies anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --cache-dir .cache/uv \
		--no-header --no-emit-index-url --no-emit-find-links requirements.in --output-file requirements.txt
	@if [ -x tools/lock_synapse ]; then tools/lock_synapse; fi

clean: ## as if it had never been there: nodes, networks, images, caches, .venv, .lab
	@if [ -d /var/lib/privatechat-lab ]; then tools/lab clean; fi
	@rm -rf .bench .lab .cache .venv changelogs/.plugin-cache.yaml .ansible .pytest_cache .mypy_cache .ruff_cache
	@rm -f inventories/*/group_vars/all/lab_connection.yml inventories/*/group_vars/all/secrets.yml \
		molecule/inventory/group_vars/all/lab_connection.yml molecule/inventory/group_vars/all/secrets.yml
