"""The environment that every test and every process it starts sees, whoever's machine this is."""

import os
import signal

from hypothesis import HealthCheck, settings

# Kedro's telemetry and the like stay silent.
os.environ["DO_NOT_TRACK"] = "1"
# Figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"
# Messages are compared as text: no colours, and no line broken where this terminal happens to end.
os.environ["NO_COLOR"] = "1"
os.environ["COLUMNS"] = "200"

# What the developer's shell says about their own projects and subscriptions is not the tests'.
for name in list(os.environ):
    if name.startswith(("AZURE_", "AZUREML_", "KEDRO_", "MLFLOW_")):
        del os.environ[name]
for name in ("FORCE_COLOR", "CONF_SOURCE", "PYTHONPATH"):
    os.environ.pop(name, None)

# A shell that starts the tests in the background (`make test &`) has Ctrl-C and Ctrl-\ ignored, and
# nohup a hangup: by all their processes too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No test asserts a time: the machine may be busy.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
