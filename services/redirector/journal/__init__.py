"""The file of hits between redirector and recorder: its records, its writer, its reader."""
