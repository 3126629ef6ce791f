"""Reading files of recipients: in a process of its own, since they come from anywhere."""
