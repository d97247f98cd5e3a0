"""The engine's ports to the local disk, over RocksDB."""
