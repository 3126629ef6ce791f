"""The dialects of the trade: any case of names; plain, json and xml answers."""
