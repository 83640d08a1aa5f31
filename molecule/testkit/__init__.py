"""What the tests of all scenarios share: waiting for states, the topology, running playbooks, journals on failure."""
