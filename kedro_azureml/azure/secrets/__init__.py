"""Key vaults, asked by whoever submits jobs or looks after their secrets."""
