"""What a step reads and writes: its folders, manifests, storage and the swapped catalog."""
