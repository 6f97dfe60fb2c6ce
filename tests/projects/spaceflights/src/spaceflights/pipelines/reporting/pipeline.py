from kedro.pipeline import Node, Pipeline

from .nodes import plot_capacity, plot_residuals, tabulate_capacity


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            Node(
                func=tabulate_capacity,
                inputs="preprocessed_shuttles",
                outputs="capacity_table",
                name="tabulate_capacity_node",
            ),
            Node(
                func=plot_capacity,
                inputs="capacity_table",
                outputs="capacity_plot",
                name="plot_capacity_node",
            ),
            Node(
                func=plot_residuals,
                inputs="residuals",
                outputs="residuals_plot",
                name="plot_residuals_node",
            ),
        ]
    )
