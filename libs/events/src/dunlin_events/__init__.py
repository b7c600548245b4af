"""The contracts of Dunlin's events, and their transport: outbox, relay, two buses, watermark consumers, parking."""
