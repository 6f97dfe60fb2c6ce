"""MultiWorkerMirroredStrategy on the CPU: every worker ends with the same weights."""

import json
import os

from kedro_azureml.distributed import Framework, distributed_job, rank, world_size
from ranks import trouble as rank_trouble


@distributed_job(Framework.TensorFlow, "params:num_nodes", "params:processes")
def train(trouble: str) -> dict:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(2)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        weights = tf.Variable([[0.0], [0.0]])

    @tf.function
    def step():
        def replica_step():
            # Each worker has data of its own; the mean over all of them is learned.
            inputs = tf.random.stateless_normal([32, 2], seed=[rank(), 7])
            targets = inputs @ tf.constant([[1.0], [2.0]])
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((inputs @ weights - targets) ** 2)
            gradient = tape.gradient(loss, weights)
            context = tf.distribute.get_replica_context()
            mean = context.all_reduce(tf.distribute.ReduceOp.MEAN, gradient)
            context.merge_call(
                lambda strategy, value: strategy.extended.update(
                    weights, lambda variable, change: variable.assign_sub(0.2 * change), (value,)
                ),
                args=(mean,),
            )

        strategy.run(replica_step)

    for number in range(10):
        if number == 5 and rank() == 1 and trouble != "nothing":
            rank_trouble.make(trouble)
        step()
    learned = weights.numpy().flatten().tolist()
    print("learned", json.dumps(learned), flush=True)
    return {
        "told": [rank(), world_size()],
        "replicas": strategy.num_replicas_in_sync,
        "weights": learned,
        "saved_by": rank(),
    }
