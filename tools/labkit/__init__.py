"""What tools/lab is made of: the host's preparation, the node image, the inventory's reading, the nodes."""
