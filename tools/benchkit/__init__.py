"""What tools/bench is made of: nodes and runs, one role beside its peer, load on the chat service, the report."""
