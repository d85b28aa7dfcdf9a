"""Labs build a topology somewhere: here in namespaces; later in virtual machines and racks."""
