# Works on a machine with Python 3.10 to 3.14, git and make; everything else goes into .venv.
# `make PYTHON=python3.12 test` takes another Python.

PYTHON ?= python3
# Tests wait more than they compute.
WORKERS ?= 4
VENV := .venv
BIN := $(VENV)/bin
PROJECT := demo

export DO_NOT_TRACK := 1
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.PHONY: help demo test test-fast test-distributed test-reliability check format docs bench bench-peers test-matrix wheel clean
.NOTPARALLEL:
.SECONDARY:

help:
	@echo 'make demo         make a starter project in ./$(PROJECT), compile it and run the job here'
	@echo 'make test         set up and run all tests'
	@echo 'make test-fast    the tests that start no process: less than a minute'
	@echo 'make test-distributed  distributed nodes on the real PyTorch, TensorFlow and MPI'
	@echo 'make test-reliability  every fault of every request, which make test samples'
	@echo 'make check        lint, format, types, layers of the package: less than a minute'
	@echo 'make format       let ruff fix what it can'
	@echo 'make docs         build the documentation into ./site'
	@echo 'make bench        measure start-up, compile, steps, rehearsal, submission, download, storage: a table'
	@echo 'make bench-peers  the same steps by snakemake, luigi and dvc, in environments of their own'
	@echo 'make test-matrix  all tests on Kedro 1.0 and current, Python 3.10, 3.13 and 3.14, lowest and newest'
	@echo 'make wheel        build the distributions into ./dist'
	@echo 'make clean        remove .venv, .venv-mlflow, ./$(PROJECT) and everything built'

# One stamp a group of dependencies, so that a second run installs nothing.
$(VENV)/.ready-%: pyproject.toml tools/venv.py
	$(PYTHON) tools/venv.py $(VENV) $(filter-out base,$*)
	@touch $@

# A second run installs nothing, keeps the project as it is, and rehearses it again.
demo: $(VENV)/.ready-demo $(PROJECT)/conf/base/azureml.yml
	cd $(PROJECT) && ../$(BIN)/kedro azureml run --local
	@echo 'The project is in ./$(PROJECT), and this job as a file:'
	@echo '  cd $(PROJECT) && ../$(BIN)/kedro azureml compile'

$(PROJECT)/requirements.txt: | $(VENV)/.ready-base
	$(BIN)/kedro new --starter=azureml-spaceflights --name=$(PROJECT)

$(VENV)/.ready-demo: pyproject.toml tools/venv.py $(PROJECT)/requirements.txt
	$(PYTHON) tools/venv.py $(VENV) $(PROJECT)/requirements.txt
	@touch $@

$(PROJECT)/conf/base/azureml.yml: | $(PROJECT)/requirements.txt
	cd $(PROJECT) && ../$(BIN)/kedro azureml init --use-pipeline-data-passing \
		--resource-group=my-resource-group --workspace-name=my-workspace \
		--experiment-name=$(PROJECT) --cluster-name=cpu-cluster --environment-name=my-environment

# What needs MLflow runs in an environment of its own. Where its group cannot be installed, those tests
# say so and are skipped.
$(VENV)-mlflow/.ready: pyproject.toml tools/venv.py
	-$(PYTHON) tools/venv.py $(VENV)-mlflow test mlflow && touch $@

test: $(VENV)/.ready-test $(VENV)-mlflow/.ready
	@# Where nothing may write byte code, each of the processes that they start would compile this.
	@$(BIN)/python -m compileall -q kedro_azureml tests/kit
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-fast: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n 2 tests/unit $(ARGS)

# One at a time: each test runs as many processes as there are cores, and more.
test-distributed: $(VENV)/.ready-test $(VENV)/.ready-distributed
	$(BIN)/python -m pytest tests/frameworks $(ARGS)

# Every request of submission, watch and download fails once and always, in each way.
test-reliability: $(VENV)/.ready-test
	EVERY_FAULT=1 $(BIN)/python -m pytest tests/service/reliability $(ARGS)

check: $(VENV)/.ready-test $(VENV)/.ready-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.ready-lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.ready-docs
	NO_MKDOCS_2_WARNING=1 KEDRO_LOGGING_CONFIG=kedro_azureml/step/logging.yml \
		$(BIN)/mkdocs build --strict

# One table; `make bench ARGS=rehearsal` is a part of it, and STEPS="9 1000" takes other numbers.
bench: $(VENV)/.ready-test $(VENV)/.ready-bench
	@$(BIN)/python benchmarks $(ARGS)

bench-peers: $(VENV)/.ready-test
	@$(BIN)/python benchmarks peers

test-matrix: $(VENV)/.ready-base
	$(BIN)/python tools/matrix.py $(ARGS)

wheel: $(VENV)/.ready-test
	$(BIN)/python -m hatchling build

clean:
	rm -rf $(VENV) $(VENV)-mlflow $(PROJECT) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
