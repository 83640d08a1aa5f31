"""What tools/bench is made of: nodes, runs, accounts in bulk, one role beside its peer, load, the report."""
