"""What Kedro calls in every run, `kedro run` too; nothing here imports anything heavy."""
