"""What runs inside one step, on Azure ML or here: ``python -m kedro_azureml.step``."""
