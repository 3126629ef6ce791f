"""From the journals into Postgres, exactly once; a process of its own."""
